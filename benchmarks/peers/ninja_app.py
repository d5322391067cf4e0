"""The same interface as ``fastapi_app`` in Django with django-ninja: one SELECT and one INSERT a call, pooled."""

import hashlib
import hmac
import os
import time

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import path

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["ninja"],
    MIDDLEWARE=[],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PEER_NAME"],
            "HOST": os.environ["PEER_HOST"],
            "PORT": os.environ["PEER_PORT"],
            "USER": os.environ["PEER_USER"],
            "OPTIONS": {"pool": {"min_size": 8, "max_size": 16}},
        }
    },
)
django.setup()

from ninja import NinjaAPI, Schema  # noqa: E402
from ninja.errors import HttpError  # noqa: E402

SECRET = os.environ["PEER_SECRET"].encode()
GRANTS = {
    "grant_bench": {"client": "app_bench", "purpose": "benchmark", "items": {"name", "phone", "address", "birth_year"}}
}
NONCES: dict[str, float] = {}
COLUMNS = ("name", "phone", "address", "birth_year")


class Query(Schema):
    grant: str
    purpose: str
    key: dict[str, str]
    fields: list[str]


api = NinjaAPI()


@api.get("/readyz")
def ready(request):  # noqa: ARG001
    return {"ready": True}


@api.post("/v1/interfaces/population/query")
def query(request, asked: Query):
    head = request.headers
    client, nonce, moment = head["x-gongshu-client"], head["x-gongshu-nonce"], head["x-gongshu-timestamp"]
    digest = hashlib.sha256(request.body).hexdigest()
    text = "\n".join(["HMAC-SHA256", "POST", request.path, digest, moment, nonce, client])
    expected = hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, head["x-gongshu-signature"]):
        raise HttpError(401, "signature")
    if abs(time.time() - int(moment)) > 300 or nonce in NONCES:
        raise HttpError(401, "replay")
    NONCES[nonce] = time.time()
    grant = GRANTS.get(asked.grant)
    if (
        grant is None
        or grant["client"] != client
        or grant["purpose"] != asked.purpose
        or not set(asked.fields) <= grant["items"]
    ):
        raise HttpError(403, "grant")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, phone, address, birth_year FROM population WHERE citizen_id = %s", [asked.key["citizen_id"]]
        )
        row = cursor.fetchone()
        cursor.execute(
            "INSERT INTO calls (at, client, grant_id, resource, fields, found) VALUES (now(), %s, %s, 'population', %s, %s)",
            [client, asked.grant, asked.fields, row is not None],
        )
    if row is None:
        raise HttpError(404, "row")
    whole = dict(zip(COLUMNS, row, strict=True))
    found = {field: whole[field] for field in asked.fields}
    if "name" in found:
        found["name"] = found["name"][0] + "*"
    if "phone" in found:
        found["phone"] = found["phone"][:3] + "****" + found["phone"][-4:]
    return {"row": found}


urlpatterns = [path("", api.urls)]
application = get_wsgi_application()
