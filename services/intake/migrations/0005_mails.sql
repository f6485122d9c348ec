-- Mail that leaves: whom to, which words, which link. Never what it announces.
CREATE TABLE mails (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id        uuid NOT NULL UNIQUE,
    call_id        uuid,
    application_id uuid REFERENCES applications,
    message_id     uuid REFERENCES messages (message_id),
    -- whoever must still be allowed to read what it announces when it leaves
    person_id      uuid REFERENCES persons,
    email          text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    kind           text NOT NULL CHECK (kind ~ '^[a-z_]{1,60}$'),
    locale         text NOT NULL CHECK (locale IN ('fr', 'en')),
    site           text NOT NULL CHECK (site IN ('portal', 'backoffice')),
    path           text NOT NULL CHECK (path ~ '^(/|$)' AND length(path) <= 500),
    -- the link opens by itself: it is forgotten once the mail has left
    opens          boolean NOT NULL,
    facts          jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object'),
    deadline_at    timestamptz,
    state          text NOT NULL CHECK (state IN ('QUEUED', 'SENT', 'GIVEN_UP', 'KEPT')),
    attempts       integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- a code of the mail server or of ours, never its sentence (it repeats the address)
    failure        text NOT NULL DEFAULT '' CHECK (failure ~ '^[A-Z0-9_]{0,40}$'),
    written_at     timestamptz NOT NULL,
    next_try_at    timestamptz,
    settled_at     timestamptz,
    CONSTRAINT waiting_or_settled CHECK ((state = 'QUEUED') = (settled_at IS NULL) AND (state = 'QUEUED') = (next_try_at IS NOT NULL))
);
CREATE UNIQUE INDEX mails_once_a_message ON mails (message_id, email) WHERE message_id IS NOT NULL;
CREATE INDEX mails_due ON mails (next_try_at, position) WHERE state = 'QUEUED';
CREATE INDEX mails_of_call ON mails (call_id, position DESC);
CREATE INDEX mails_of_application ON mails (application_id, position DESC) WHERE application_id IS NOT NULL;
REVOKE DELETE, TRUNCATE ON mails FROM jalon_intake;
