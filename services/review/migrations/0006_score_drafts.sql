-- What a member of the jury has written of her grid before she submits it: hers alone.
CREATE TABLE score_drafts (
    session_id     uuid NOT NULL,
    application_id uuid NOT NULL,
    person_id      uuid NOT NULL,
    marks          jsonb NOT NULL CHECK (jsonb_typeof(marks) = 'array'),
    saved_at       timestamptz NOT NULL DEFAULT clock.now(),
    PRIMARY KEY (session_id, application_id, person_id),
    FOREIGN KEY (session_id, person_id) REFERENCES session_members,
    FOREIGN KEY (session_id, application_id) REFERENCES session_files
);
REVOKE DELETE, TRUNCATE ON score_drafts FROM jalon_review;
