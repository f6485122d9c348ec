-- What registers said of the numbers of a file: public facts, kept so that nobody can claim a register's word.
CREATE TABLE register_answers (
    answer_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES applications,
    number         text NOT NULL CHECK (number ~ '^([0-9]{14}|W[0-9][A-Z0-9][0-9]{7})$'),
    register       text NOT NULL CHECK (register ~ '^[a-z_]*$'),
    outcome        text NOT NULL CHECK (outcome IN ('FOUND', 'UNKNOWN', 'CLOSED', 'WITHHELD', 'SILENT')),
    name           text NOT NULL,
    siret          text NOT NULL,
    rna            text NOT NULL,
    legal_family   text NOT NULL,
    read_at        timestamptz NOT NULL,
    CONSTRAINT found_with_name CHECK (outcome <> 'FOUND' OR name <> '')
);
CREATE INDEX register_answers_of ON register_answers (application_id, number);
REVOKE UPDATE, DELETE, TRUNCATE ON register_answers FROM jalon_intake;
