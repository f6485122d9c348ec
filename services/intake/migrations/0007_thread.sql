-- Who wrote: those who carry the file, or the service (an agent, the engine). What goes with it.
ALTER TABLE messages ADD COLUMN from_applicants boolean NOT NULL DEFAULT false;
ALTER TABLE messages ADD COLUMN document_ids uuid[] NOT NULL DEFAULT '{}';
CREATE INDEX messages_from_applicants ON messages (application_id, position) WHERE from_applicants;
ALTER TABLE documents DROP CONSTRAINT documents_stage_check;
ALTER TABLE documents ADD CONSTRAINT documents_stage_check
    CHECK (stage IN ('PRE_APPLICATION', 'FULL_APPLICATION', 'AGREEMENT', 'REPORT', 'MESSAGE'));

-- How far a thread was read: by each person who carries the file, and by the service as one ('DESK').
CREATE TABLE thread_reads (
    application_id uuid NOT NULL REFERENCES applications,
    reader         text NOT NULL CHECK (reader ~ '^(DESK|[0-9a-f-]{36})$'),
    position       bigint NOT NULL CHECK (position >= 0),
    read_at        timestamptz NOT NULL,
    PRIMARY KEY (application_id, reader)
);
REVOKE DELETE, TRUNCATE ON thread_reads FROM jalon_intake;

-- Threads where somebody who carries the file waits to be read by the service, and how many messages wait.
CREATE VIEW unread_threads AS
SELECT m.application_id, count(*) AS unread
FROM messages m LEFT JOIN thread_reads r ON r.application_id = m.application_id AND r.reader = 'DESK'
WHERE m.from_applicants AND m.position > coalesce(r.position, 0)
GROUP BY m.application_id;
