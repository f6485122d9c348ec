-- Where a session of the jury or a hearing is held: words, saved first.
ALTER TABLE texts DROP CONSTRAINT texts_kind_check;
ALTER TABLE texts ADD CONSTRAINT texts_kind_check CHECK (kind IN (
    'ADMISSIBILITY', 'CORRECTION', 'ANALYSIS', 'OPINION', 'SHORTLIST', 'SCORE', 'MINUTES', 'DECISION', 'PLACE'));
ALTER TABLE texts DROP CONSTRAINT text_of_a_case;
ALTER TABLE texts ADD CONSTRAINT text_of_a_case
    CHECK (application_id IS NOT NULL OR kind IN ('MINUTES', 'DECISION', 'PLACE'));
ALTER TABLE sessions ADD place_id uuid, ADD place_version integer,
    ADD FOREIGN KEY (place_id, place_version) REFERENCES texts (text_id, version);
