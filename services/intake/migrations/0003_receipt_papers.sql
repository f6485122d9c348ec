-- Receipts as documents: made once in each language, so that whoever holds the file can ask whether it is the one.
CREATE TABLE receipt_papers (
    receipt_id bigint NOT NULL REFERENCES receipts,
    language   text NOT NULL CHECK (language IN ('fr', 'en')),
    digest     text NOT NULL CONSTRAINT receipt_papers_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
    made_at    timestamptz NOT NULL DEFAULT clock.now(),
    PRIMARY KEY (receipt_id, language)
);
CREATE INDEX receipt_papers_digests ON receipt_papers (digest);
CREATE INDEX receipts_digests ON receipts (digest);
REVOKE UPDATE, DELETE, TRUNCATE ON receipt_papers FROM jalon_intake;
