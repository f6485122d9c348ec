"""What the sites keep, on a real database: sessions that end for ever, by digest only; every query, every CHECK."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from tests.integration.harness import Database, check_broken, check_names, prepare_every_query
from web.links import Mailbox, OpinionLink, OpinionLinks, SignInLinks
from web.store import SessionStore, digest, queries

Pools = Callable[[str], Awaitable[asyncpg.Pool]]
BROKEN = [
    ("sessions", "digest = 'x'", "sessions_digest_check"),
    ("sessions", "site = 'elsewhere'", "sessions_site_check"),
    ("sessions", "data = convert_to(repeat('x', 65537), 'UTF8')", "sessions_data_check"),
    ("sessions", "ended_at = expires_at", "empty_once_ended"),
    ("sign_in_tokens", "digest = 'x'", "sign_in_tokens_digest_check"),
    ("sign_in_tokens", "site = 'elsewhere'", "sign_in_tokens_site_check"),
    ("sign_in_tokens", "expires_at = made_at", "expires_after_it_is_made"),
    ("sign_in_tokens", "used_at = expires_at", "used_while_it_lives"),
    ("sign_in_tokens", "mailbox = 'Ada@example.org'", "mailbox_in_small_letters"),
    ("sign_in_tokens", "back = '//elsewhere.example' || repeat('x', 500)", "back_inside"),
    ("sessions", "device = repeat('x', 81)", "device_short"),
    ("sessions", "means = 'magic'", "means_known"),
    ("opinion_links", "digest = 'x'", "opinion_links_digest_check"),
    ("opinion_links", "name = ''", "opinion_links_name_check"),
    ("saved_views", "page = 'Dossiers'", "saved_views_page_check"),
    ("saved_views", "name = ''", "saved_views_name_check"),
    ("saved_views", "query = repeat('x', 2001)", "saved_views_query_check"),
]


@pytest.fixture(scope="session")
async def pool(service_pool: Pools) -> asyncpg.Pool:
    return await service_pool("web")


async def test_a_session_is_kept_renewed_and_read_by_its_site_alone(pool: asyncpg.Pool) -> None:
    key, store = secrets.token_hex(32), SessionStore(pool, "backoffice")
    await store.set(key, b"one", 60)
    await store.set(key, b"two", 60)
    assert await store.get(key) == b"two"
    assert await store.exists(key)
    assert await SessionStore(pool, "portal").get(key) is None
    await SessionStore(pool, "portal").set(key, b"three", 60)
    assert await store.get(key) == b"two"


async def test_the_id_itself_is_nowhere_in_the_table(pool: asyncpg.Pool) -> None:
    key = secrets.token_hex(32)
    await SessionStore(pool, "portal").set(key, b"data", 60)
    digest = hashlib.sha256(key.encode()).digest()
    assert await pool.fetchval("SELECT count(*) FROM sessions WHERE digest = $1", digest) == 1
    assert await pool.fetchval("SELECT count(*) FROM sessions s WHERE s::text LIKE '%' || $1 || '%'", key) == 0


async def test_what_a_page_under_way_writes_after_the_end_is_not_kept(pool: asyncpg.Pool) -> None:
    key, store = secrets.token_hex(32), SessionStore(pool, "portal")
    await store.set(key, b"data", 60)
    await store.delete(key)
    await store.set(key, b"late", 60)
    assert await store.get(key) is None


async def test_a_session_lives_as_long_as_was_said(pool: asyncpg.Pool) -> None:
    key, store = secrets.token_hex(32), SessionStore(pool, "portal")
    await store.set(key, b"data", -1)
    assert await store.get(key) is None
    await store.delete_all()


async def test_a_link_serves_once_and_the_newest_alone(pool: asyncpg.Pool) -> None:
    links, link = OpinionLinks(pool), OpinionLink(*(str(uuid4()) for _ in range(4)), "Ada")
    former = await links.make(link)
    token = await links.make(link)
    assert await links.read(former) is None
    assert await links.read(token) == link
    assert await links.read(token) == link, "looking at it uses nothing"
    assert await links.use(token) == link
    assert await links.use(token) is None
    assert await pool.fetchval("SELECT count(*) FROM opinion_links l WHERE l::text LIKE '%' || $1 || '%'", token) == 0


async def test_a_link_to_sign_in_serves_once_at_its_site_and_a_mailbox_gets_three(pool: asyncpg.Pool) -> None:
    links, email = SignInLinks(pool, "portal"), f"{uuid4()}@Example.org"
    made = [await links.make(email.upper(), "/demandes") for _ in range(4)]
    assert [one is not None for one in made] == [True, True, True, False]
    assert made[0] is not None
    token = made[0][0]
    assert await SignInLinks(pool, "backoffice").use(token) is None
    assert await links.read(token) == Mailbox(email.lower(), "/demandes")
    assert await links.use(token) == Mailbox(email.lower(), "/demandes")
    assert await links.use(token) is None
    assert await links.read(token) is None
    assert await pool.fetchval("SELECT count(*) FROM sign_in_tokens t WHERE t::text LIKE '%' || $1 || '%'", token) == 0


async def test_a_link_to_sign_in_dies_after_a_quarter_of_an_hour(pool: asyncpg.Pool) -> None:
    links = SignInLinks(pool, "portal")
    made = await links.make(f"{uuid4()}@example.org", "/")
    assert made is not None
    await pool.execute(
        "UPDATE sign_in_tokens SET made_at = made_at - interval '15 minutes', expires_at = expires_at - interval"
        " '15 minutes' WHERE digest = $1",
        digest(made[0]),
    )
    assert await links.use(made[0]) is None


async def test_a_session_grows_no_older_than_a_working_day(pool: asyncpg.Pool) -> None:
    key, store = secrets.token_hex(32), SessionStore(pool, "portal")
    await store.set(key, b"data", 60)
    await pool.execute("UPDATE sessions SET made_at = made_at - interval '12 hours' WHERE digest = $1", digest(key))
    assert await store.get(key) is None


async def test_a_person_sees_her_sessions_and_ends_them_and_no_other_s(pool: asyncpg.Pool) -> None:
    store, (ada, zoe) = SessionStore(pool, "portal"), (str(uuid4()) for _ in range(2))
    keys = [secrets.token_hex(32) for _ in range(4)]
    for key, person in zip(keys, (ada, ada, ada, zoe), strict=True):
        kept = {"person": person, "device": "Firefox, Linux", "means": "mail"}
        await store.set(key, json.dumps(kept), 60)
    mine = await store.of(ada, here=keys[0])
    assert [(one.device, one.means) for one in mine] == [("Firefox, Linux", "mail")] * 3
    assert [one.here for one in mine].count(True) == 1
    (others,) = await store.of(zoe, here="")
    await store.end_one(ada, others.session_id)
    assert await store.get(keys[3]) is not None
    await store.end_one(zoe, others.session_id)
    assert await store.get(keys[3]) is None
    await store.end_others(ada, here=keys[0])
    assert [await store.get(key) is not None for key in keys[:3]] == [True, False, False]


async def test_every_query_prepares_as_the_sites(pool: asyncpg.Pool) -> None:
    assert await prepare_every_query(pool, queries) >= 5


async def test_every_check_is_broken_once(pool: asyncpg.Pool, database: Database) -> None:
    await pool.execute("DELETE FROM sessions")
    await pool.execute(
        "INSERT INTO sessions (digest, site, data, expires_at) VALUES"
        " (sha256('probe'), 'portal', 'x', clock_timestamp() + interval '1 hour')"
    )
    await pool.execute(
        "INSERT INTO sign_in_tokens (digest, site, made_at, expires_at, mailbox, back) VALUES"
        " (sha256('probe'), 'portal', clock_timestamp(), clock_timestamp() + interval '1 hour', 'a@example.org', '/')"
    )
    await pool.execute(
        "INSERT INTO saved_views VALUES"
        " (gen_random_uuid(), gen_random_uuid(), 'files', 'Ma vue', '', clock_timestamp())"
    )
    await OpinionLinks(pool).make(OpinionLink(*(str(uuid4()) for _ in range(4)), "Ada"))
    admin = await database.admin()
    async with admin.acquire() as connection:
        for table, change, constraint in BROKEN:
            async with check_broken(connection, constraint):
                await connection.execute(f"UPDATE web.{table} SET {change}")
    assert {constraint for _, _, constraint in BROKEN} == await check_names(admin, "web")


async def test_the_sites_see_no_other_schema(pool: asyncpg.Pool, service_pool: Pools) -> None:
    await service_pool("intake")
    for statement in ("SELECT 1 FROM intake.persons", "SELECT 1 FROM audit.events"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
