-- Slots of hearings as they were given: a moved hearing keeps the slots before.
CREATE TABLE hearings (
    application_id   uuid NOT NULL REFERENCES cases,
    turn             integer NOT NULL CHECK (turn >= 1),
    hearing_at       timestamptz NOT NULL,
    duration_minutes integer NOT NULL CHECK (duration_minutes BETWEEN 5 AND 480),
    place_id         uuid,
    place_version    integer,
    PRIMARY KEY (application_id, turn),
    FOREIGN KEY (place_id, place_version) REFERENCES texts (text_id, version)
);
INSERT INTO hearings (application_id, turn, hearing_at, duration_minutes)
SELECT application_id, 1, hearing_at, 30 FROM cases WHERE hearing_at IS NOT NULL;
REVOKE DELETE, TRUNCATE, UPDATE ON hearings FROM jalon_review;
