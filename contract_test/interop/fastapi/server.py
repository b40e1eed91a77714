"""A server for openapi.yaml. With HOOKS=1 it has the hooks of docs/implementing.md, without it what FastAPI does."""

import os
import secrets
from typing import Annotated

import uvicorn
import yaml
from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException

PROJECT, INSTANCE, TOKEN = os.environ["PROJECT_ID"], os.environ["INSTANCE_ID"], os.environ["TOKEN"]
tasks = {os.environ["TASK_ID"]}

with open(os.environ["CONTRACT"], encoding="utf-8") as file:
    [(PATH, item)] = yaml.safe_load(file)["paths"].items()
PATTERN = {p["name"]: p["schema"]["pattern"] for p in item["delete"]["parameters"]}


class Refused(Exception):
    """What the service itself refuses, and not the framework."""


def error(status, code, message, headers=None):
    return JSONResponse({"error_code": code, "error_msg": message}, status, headers)


def authenticate(token: Annotated[str | None, Depends(APIKeyHeader(name="X-Auth-Token", auto_error=False))]):
    # Dependencies run before the path is validated.
    if not secrets.compare_digest((token or "").encode(), TOKEN.encode()):
        raise Refused(401, "DMS.10240101", "The token is missing or wrong.")


app = FastAPI()


@app.exception_handler(Refused)
def refused(request: Request, exc: Refused):
    return error(*exc.args)


@app.delete(PATH, status_code=204, dependencies=[Depends(authenticate)])
def delete_background_task(
    project_id: Annotated[str, Path(pattern=PATTERN["project_id"])],
    instance_id: Annotated[str, Path(pattern=PATTERN["instance_id"])],
    task_id: Annotated[str, Path(pattern=PATTERN["task_id"])],
):
    if project_id != PROJECT:
        raise Refused(401, "DMS.10240104", "The token is for another project.")
    if instance_id.lower() != INSTANCE.lower():
        raise Refused(404, "DMS.00404022", "The instance does not exist.")
    if task_id not in tasks:
        raise Refused(404, "DMS.00404001", "The task does not exist.")
    tasks.remove(task_id)
    return Response(status_code=204)


def add_hooks():
    # begin hooks
    malformed = {"project_id": "DMS.00400002", "instance_id": "DMS.00400030", "task_id": "DMS.00400070"}

    @app.exception_handler(RequestValidationError)  # instead of 422; a path that is not UTF-8 gets here too
    def invalid(request, exc):
        name = exc.errors()[0]["loc"][-1]
        return error(400, malformed.get(name, "DMS.00400002"), f"{name} is malformed.")

    @app.exception_handler(HTTPException)  # Starlette's, raised by the router
    def not_routed(request, exc):
        if exc.status_code == 405:
            return error(405, "DMS.00405001", "The method is not allowed.", exc.headers)
        return error(404, "DMS.00404001", "The requested URL does not exist.")

    app.router.redirect_slashes = False  # a redirect could take the token elsewhere

    @app.exception_handler(Exception)  # instead of text/plain
    def failed(request, exc):
        return error(500, "DMS.00500000", "Internal error.")
    # end hooks


if os.environ.get("HOOKS"):
    add_hooks()
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
