package main

const help = `dms-conformance checks whether a server keeps the contract of
  DELETE /v2/{project_id}/instances/{instance_id}/tasks/{task_id}
in Distributed Message Service (DMS) for Kafka.

Usage:
  dms-conformance [flags]

Examples:
  Check the embedded server, to see what a report looks like:
    dms-conformance
  Check a cloud and delete nothing:
    export DMS_TOKEN=...
    dms-conformance --endpoint=https://dms.eu-de.otc.t-systems.com --project-id=ID --instance-id=ID
  The same with a cloud of clouds.yaml:
    dms-conformance --cloud=NAME --instance-id=ID
  Check deletion too. This deletes the record of that one task:
    dms-conformance --endpoint=URL --project-id=ID --instance-id=ID --task-id=ID
  Check two rules only, with requests and answers:
    dms-conformance --endpoint=URL --rule=missing-credentials --rule=invalid-credentials -v
  Keep the result for a CI system, and for people:
    dms-conformance --endpoint=URL --report=junit=report.xml --report=html=report.html

Flags for the target, and the environment variables that count where a flag is absent:
  --endpoint=URL     DMS_ENDPOINT: server to check; without it, the embedded one
  --project-id=ID    DMS_PROJECT_ID: project of the token
  --instance-id=ID   DMS_INSTANCE_ID: instance in that project
  --task-id=ID       DMS_TASK_ID: finished task of that instance. ITS RECORD IS DELETED!
                     Without it nothing is deleted
  --cloud=NAME       OS_CLOUD: cloud of clouds.yaml, which has endpoint, project and credentials
                     (password, token or AK/SK); secure.yaml and OS_* are heeded. The flag is
                     refused beside DMS_ENDPOINT and DMS_PROJECT_ID, the variable gives way
  --token-file=FILE  file with the IAM token of the project, in place of the token in DMS_TOKEN;
                     a token is never an argument, which others could read
  --cacert=FILE      trust the CA certificates in this file too (PEM)
  --insecure         trust any certificate, for a test: whoever answers gets the credentials;
                     in place of --cacert, and like that for https:// only
  --http2            speak HTTP/2; without it, only with a server that refuses HTTP/1.1
Proxies are those of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

Flags for the check:
  --rule=ID          check this rule only; may be repeated
  --skip=ID          leave this rule out; may be repeated
  --strict           a violated SHOULD counts like a violated MUST
  --examples=N       generated IDs for each rule about IDs, beyond its fixed cases (default 2)
  --seed=N           use the IDs of an earlier run, whose report has its seed
  --contract=FILE    check against another contract, such as that of a private cloud: OpenAPI 3.0 or
                     3.1, with one operation
  --timeout=D        time for the whole run, such as 30s or 2m; 0 for no limit (default 1m).
                     One answer gets a sixth of it, at most 10s

Flags for the report:
  --format=FORMAT    text, json, junit, html or markdown (default text)
  --output=FILE      write the report there and not to standard output, which is -
  --report=F=FILE    write a report in format F to a file as well; may be repeated
  --verbose, -v      text: with requests, answers and sources
  --color=WHEN       text: auto, always or never (default auto: on a terminal, without NO_COLOR)

Others:
  --list             print the rules, with their levels and sources; with --format=markdown, all
                     about them
  --schema           print the JSON Schema of reports in JSON
  --version          print the version
  --help             print this

Exit status:
  0  the server conforms
  1  it does not: a MUST is violated, or with --strict a SHOULD
  2  it could not be checked, or not in full: wrong usage, no connection, credentials refused,
     no time left, interrupted
`
