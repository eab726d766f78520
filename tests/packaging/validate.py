"""Checks Kubernetes manifests, given on standard input, by published schemas; prints {"manifests": [...], "problems": [...]}.

Usage: validate.py FOLDER, where FOLDER has the definitions of KEDA's kinds.
"""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

# The first version in which preStop's sleep needs no feature gate.
VERSION = "1.30"


def closed(schema):
    """A schema that refuses properties which it does not name, as kubernetes_validate does."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            result["additionalProperties"] = False
    return result


def definitions(folder):
    """The schemas of the kinds that a folder defines, by apiVersion and kind."""
    schemas = {}
    for path in pathlib.Path(folder).glob("*.yaml"):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            schema = closed(version["schema"]["openAPIV3Schema"])
            # Kubernetes itself knows what else is in metadata.
            schema["properties"]["metadata"] = {"type": "object"}
            schemas[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return schemas


def problem_of(manifest, schemas):
    schema = schemas.get((manifest["apiVersion"], manifest["kind"]))
    try:
        if schema is None:
            kubernetes_validate.validate(manifest, VERSION, strict=True)
        else:
            jsonschema.Draft202012Validator(schema).validate(manifest)
    except jsonschema.ValidationError as error:
        return f"{manifest['kind']}: {'.'.join(str(part) for part in error.path)}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        return error.message
    return None


manifests = list(yaml.safe_load_all(sys.stdin))
schemas = definitions(sys.argv[1])
problems = [problem for problem in (problem_of(manifest, schemas) for manifest in manifests) if problem is not None]
json.dump({"manifests": manifests, "problems": problems}, sys.stdout)
