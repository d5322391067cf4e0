"""frictionless: types, required, pattern, length and unique key of every row; it validates and writes nothing."""

import sys

from frictionless import Resource, Schema, system

fields = [
    {"name": "id", "type": "integer", "constraints": {"required": True, "unique": True}},
    {"name": "citizen_id", "type": "string", "constraints": {"required": True, "pattern": "[0-9]{17}[0-9X]"}},
    {"name": "name", "type": "string", "constraints": {"maxLength": 20}},
    {"name": "address", "type": "string", "constraints": {"maxLength": 100}},
    {"name": "registered", "type": "date"},
    {"name": "amount", "type": "number"},
    {"name": "visits", "type": "integer"},
    {"name": "active", "type": "boolean", "trueValues": ["是"], "falseValues": ["否"]},
]
with system.use_context(trusted=True):
    report = Resource(sys.argv[1], schema=Schema.from_descriptor({"fields": fields})).validate(limit_errors=10**9)
print(report.tasks[0].stats["rows"])
