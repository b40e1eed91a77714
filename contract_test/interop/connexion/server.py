"""A server for openapi.yaml. With HOOKS=1 it has the hooks of docs/implementing.md, without it what connexion does."""

import json
import os
import re
import secrets

import connexion
import uvicorn
import yaml
from connexion.exceptions import BadRequestProblem, ProblemException
from connexion.lifecycle import ConnexionResponse
from connexion.middleware import MiddlewarePosition
from connexion.resolver import Resolver
from connexion.validators import VALIDATOR_MAP, ParameterValidator
from starlette.exceptions import HTTPException

PROJECT, INSTANCE, TOKEN = os.environ["PROJECT_ID"], os.environ["INSTANCE_ID"], os.environ["TOKEN"]
tasks = {os.environ["TASK_ID"]}


def error(status, code, message):
    return {"error_code": code, "error_msg": message}, status


def check_token(token):
    if secrets.compare_digest(token.encode("latin-1"), TOKEN.encode()):
        return {"sub": PROJECT}
    return None


def check_signature(signature):
    return None  # there are no access keys


def delete_background_task(project_id, instance_id, task_id):
    if project_id != PROJECT:
        return error(401, "DMS.10240104", "The token is for another project.")
    if instance_id.lower() != INSTANCE.lower():
        return error(404, "DMS.00404022", "The instance does not exist.")
    if task_id not in tasks:
        return error(404, "DMS.00404001", "The task does not exist.")
    tasks.remove(task_id)
    return None, 204


with open(os.environ["CONTRACT"], encoding="utf-8") as file:
    contract = yaml.safe_load(file)
del contract["servers"]  # which are the cloud's
for name, scheme in contract["components"]["securitySchemes"].items():
    scheme["x-apikeyInfoFunc"] = f"{__name__}.check_{name}"


def with_defaults():
    app = connexion.FlaskApp(__name__)
    app.add_api(contract, resolver=Resolver(lambda name: delete_background_task))
    return app


def with_hooks():
    # begin hooks
    # FlaskApp has two routers. A path with a newline gets past the one that authenticates, to the other: 500.
    app = connexion.AsyncApp(__name__)

    malformed = {"project_id": "DMS.00400002", "instance_id": "DMS.00400030", "task_id": "DMS.00400070"}
    errors = {
        400: ("DMS.00400002", "The request is malformed."),
        401: ("DMS.10240101", "The token is missing or wrong."),
        404: ("DMS.00404001", "The requested URL does not exist."),
        405: ("DMS.00405001", "The method is not allowed."),
        500: ("DMS.00500000", "Internal error."),
    }

    class PathValidator(ParameterValidator):  # names the malformed ID; and fullmatch refuses a newline at the end
        def validate_path_parameter(self, param, request):
            if not re.fullmatch(param["schema"]["pattern"], request.path_params[param["name"]]):
                raise BadRequestProblem(param["name"])

    class NoRedirect:  # for a trailing slash: a redirect could take the token elsewhere
        def __init__(self, next_app):
            self.next_app = next_app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "http" and scope["path"].endswith("/"):
                raise HTTPException(404)
            await self.next_app(scope, receive, send)

    def failed(request, exc):
        status = getattr(exc, "status_code", 500)
        if status not in errors:
            status = 400 if status < 500 else 500
        code, message = errors[status]
        body = {"error_code": malformed.get(getattr(exc, "detail", ""), code), "error_msg": message}
        headers = getattr(exc, "headers", None)  # Allow
        return ConnexionResponse(status, "application/json", body=json.dumps(body), headers=headers)

    for kind in (ProblemException, HTTPException, Exception):
        app.add_error_handler(kind, failed)
    app.add_middleware(NoRedirect, MiddlewarePosition.BEFORE_ROUTING)
    validators = {**VALIDATOR_MAP, "parameter": PathValidator}
    # end hooks
    app.add_api(contract, resolver=Resolver(lambda name: delete_background_task), validator_map=validators)
    return app


app = with_hooks() if os.environ.get("HOOKS") else with_defaults()
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
