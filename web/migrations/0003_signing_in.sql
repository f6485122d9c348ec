-- Whose session it is, and what tells one from another: a person sees hers, and ends those she does not know.
ALTER TABLE sessions
    ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN person_id  uuid,
    ADD COLUMN device     text NOT NULL DEFAULT '' CONSTRAINT device_short CHECK (length(device) <= 80),
    ADD COLUMN means      text NOT NULL DEFAULT '' CONSTRAINT means_known CHECK (means IN ('', 'provider', 'mail', 'link', 'demonstration')),
    ADD COLUMN made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN seen_at    timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX sessions_person ON sessions (person_id) WHERE person_id IS NOT NULL;

-- A link to sign in leads to a mailbox: who it is, is asked when it is used. ``back``: the page she wanted.
DELETE FROM sign_in_tokens;
ALTER TABLE sign_in_tokens
    DROP COLUMN person_id,
    ADD COLUMN mailbox text NOT NULL CONSTRAINT mailbox_in_small_letters CHECK (mailbox = lower(mailbox) AND length(mailbox) BETWEEN 3 AND 254),
    ADD COLUMN back    text NOT NULL CONSTRAINT back_inside CHECK (back ~ '^/' AND length(back) <= 500);
CREATE INDEX sign_in_tokens_mailbox ON sign_in_tokens (mailbox, made_at);
