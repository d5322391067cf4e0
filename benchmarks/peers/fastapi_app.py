"""What a good team would write in an afternoon: FastAPI, asyncpg, HMAC-SHA256, one SELECT and one INSERT a call.

It checks the signature and the time, that the nonce is new (in memory), that the grant covers the items, masks name and
telephone, and records the call in PostgreSQL before it answers.
"""

import hashlib
import hmac
import os
import time
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

SECRET = os.environ["PEER_SECRET"].encode()
GRANTS = {
    "grant_bench": {"client": "app_bench", "purpose": "benchmark", "items": {"name", "phone", "address", "birth_year"}}
}
NONCES: dict[str, float] = {}


class Query(BaseModel):
    grant: str
    purpose: str
    key: dict[str, str]
    fields: list[str]


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["PEER_DATABASE"], min_size=16, max_size=16)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def ready():
    return {"ready": True}


@app.post("/v1/interfaces/population/query")
async def query(request: Request, asked: Query):
    head = request.headers
    client, nonce, moment = head["x-gongshu-client"], head["x-gongshu-nonce"], head["x-gongshu-timestamp"]
    digest = hashlib.sha256(await request.body()).hexdigest()
    text = "\n".join(["HMAC-SHA256", "POST", request.url.path, digest, moment, nonce, client])
    expected = hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, head["x-gongshu-signature"]):
        raise HTTPException(401, "signature")
    if abs(time.time() - int(moment)) > 300 or nonce in NONCES:
        raise HTTPException(401, "replay")
    NONCES[nonce] = time.time()
    grant = GRANTS.get(asked.grant)
    if (
        grant is None
        or grant["client"] != client
        or grant["purpose"] != asked.purpose
        or not set(asked.fields) <= grant["items"]
    ):
        raise HTTPException(403, "grant")
    async with request.app.state.pool.acquire() as connection:
        row = await connection.fetchrow(
            "SELECT name, phone, address, birth_year FROM population WHERE citizen_id = $1", asked.key["citizen_id"]
        )
        await connection.execute(
            "INSERT INTO calls (at, client, grant_id, resource, fields, found) VALUES (now(), $1, $2, 'population', $3, $4)",
            client,
            asked.grant,
            asked.fields,
            row is not None,
        )
    if row is None:
        raise HTTPException(404, "row")
    found = {field: row[field] for field in asked.fields}
    if "name" in found:
        found["name"] = found["name"][0] + "*"
    if "phone" in found:
        found["phone"] = found["phone"][:3] + "****" + found["phone"][-4:]
    return {"row": found}
