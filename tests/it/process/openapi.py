"""Holds answers against an OpenAPI document: openapi.py DOCUMENT ANSWERS

ANSWERS is a list of {"operation", "status", "body"}; the body is text. Ends with 1 and one line for each answer that the document
does not tell of, or tells otherwise.
"""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

document, answers = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:3])
operations = {
    operation["operationId"]: operation
    for path in document["paths"].values()
    for operation in path.values()
}
wrong = []


def hold(answer):
    name, status = answer["operation"], str(answer["status"])
    told = operations[name]["responses"].get(status)
    if told is None:
        wrong.append(f"{name}: {status} is not told: {answer['body'][:200]}")
        return
    schema = told["content"].get("application/json", {}).get("schema")
    if schema is None:
        return
    validator = Draft202012Validator(
        {**schema, "components": document["components"]}, format_checker=FormatChecker()
    )
    for error in validator.iter_errors(json.loads(answer["body"])):
        where = "/".join(str(step) for step in error.absolute_path)
        wrong.append(f"{name} {status}: at {where}: {error.message[:400]}")


for answer in answers:
    hold(answer)
called = {answer["operation"] for answer in answers}
wrong.extend(f"{name} was not called" for name in sorted(set(operations) - called))
for schema in document["components"]["schemas"].values():
    Draft202012Validator.check_schema(schema)
print("\n".join(wrong))
sys.exit(bool(wrong))
