-- How a person is known at a door: her name at an identity provider, or a mailbox (issuer 'mailbox', subject the address
-- in small letters). One identity leads to one person; at a provider a person has one name, so that a mailbox handed to
-- somebody else does not hand her account over.
CREATE TABLE identities (
    issuer    text NOT NULL CONSTRAINT issuer_short CHECK (length(issuer) BETWEEN 1 AND 300),
    subject   text NOT NULL CONSTRAINT subject_short CHECK (length(subject) BETWEEN 1 AND 300),
    person_id uuid NOT NULL REFERENCES persons,
    bound_at  timestamptz NOT NULL DEFAULT clock.now(),
    PRIMARY KEY (issuer, subject),
    CONSTRAINT mailbox_in_small_letters CHECK (issuer <> 'mailbox' OR subject = lower(subject))
);
CREATE INDEX identities_person ON identities (person_id);
CREATE UNIQUE INDEX one_name_at_a_provider ON identities (issuer, person_id) WHERE issuer <> 'mailbox';
INSERT INTO identities (issuer, subject, person_id)
SELECT DISTINCT ON (lower(email)) 'mailbox', lower(email), person_id FROM persons WHERE email <> ''
ORDER BY lower(email), registered_at, person_id;
REVOKE UPDATE, DELETE, TRUNCATE ON identities FROM jalon_intake;

-- When she last came in.
ALTER TABLE persons ADD COLUMN seen_at timestamptz;

-- Who acts in whose place on a call, in [from_at, to_at[. Ended earlier: to_at is moved, never the line removed.
CREATE TABLE stand_ins (
    stand_in_id uuid PRIMARY KEY,
    call_id     uuid NOT NULL,
    absent_id   uuid NOT NULL REFERENCES persons,
    deputy_id   uuid NOT NULL REFERENCES persons CONSTRAINT another_person CHECK (deputy_id <> absent_id),
    from_at     timestamptz NOT NULL,
    to_at       timestamptz NOT NULL CONSTRAINT stand_ins_to_at_after_from_at CHECK (to_at >= from_at),
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock.now()
);
CREATE INDEX stand_ins_of ON stand_ins (call_id, deputy_id);
CREATE INDEX stand_ins_absent ON stand_ins (call_id, absent_id);
CREATE INDEX stand_ins_deputy ON stand_ins (deputy_id);
REVOKE DELETE, TRUNCATE ON stand_ins FROM jalon_intake;

-- Roles as people hold them: their own, then those of whom they stand in for. A seat in a jury, an opinion, a control
-- are nobody else's.
CREATE VIEW held_roles AS
SELECT call_id, person_id, role, from_at, to_at, NULL::uuid AS in_place_of FROM role_grants
UNION ALL
SELECT g.call_id, s.deputy_id, g.role, greatest(g.from_at, s.from_at), least(g.to_at, s.to_at), s.absent_id
FROM stand_ins s JOIN role_grants g ON g.call_id = s.call_id AND g.person_id = s.absent_id
WHERE g.role IN ('INSTRUCTOR', 'JURY_SECRETARY', 'AUTHORISING_OFFICER', 'ASSEMBLY_OFFICE', 'FINANCE', 'CALL_ADMIN')
  AND s.from_at < s.to_at AND greatest(g.from_at, s.from_at) < coalesce(least(g.to_at, s.to_at), 'infinity');

-- Who names people moves no money.
INSERT INTO forbidden_pairs (one, other) VALUES
    ('CALL_ADMIN', 'FINANCE'), ('CALL_ADMIN', 'AUTHORISING_OFFICER'), ('CALL_ADMIN', 'ACCOUNTANT');

-- Roles kept apart that one person would hold together: the one asked (of owner_id), the one held.
CREATE VIEW pairs_held AS
SELECT a.call_id, a.person_id, coalesce(a.in_place_of, a.person_id) AS owner_id, a.in_place_of, a.role AS asked_role, b.role AS held_role
FROM held_roles a
JOIN held_roles b ON b.call_id = a.call_id AND b.person_id = a.person_id
JOIN forbidden_pairs f ON (f.one, f.other) IN ((a.role, b.role), (b.role, a.role))
WHERE greatest(a.from_at, b.from_at) < coalesce(least(a.to_at, b.to_at), 'infinity');

-- The last word, whoever writes, at the end of the transaction: nobody is given two roles kept apart, hers and those she
-- holds in another's place together. What ends sooner gives nothing. Two at once on a call wait for each other.
DROP TRIGGER keep_apart ON role_grants;
DROP FUNCTION keep_apart();
CREATE FUNCTION keep_apart() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.from_at = OLD.from_at AND coalesce(NEW.to_at, 'infinity') <= coalesce(OLD.to_at, 'infinity') THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('held_roles'), hashtext(NEW.call_id::text));
    IF (TG_TABLE_NAME = 'role_grants' AND EXISTS (
            SELECT 1 FROM pairs_held p WHERE p.call_id = NEW.call_id
            AND p.owner_id = (to_jsonb(NEW) ->> 'person_id')::uuid AND p.asked_role = to_jsonb(NEW) ->> 'role'))
    OR (TG_TABLE_NAME = 'stand_ins' AND EXISTS (
            SELECT 1 FROM pairs_held p WHERE p.call_id = NEW.call_id
            AND p.person_id = (to_jsonb(NEW) ->> 'deputy_id')::uuid AND p.in_place_of = (to_jsonb(NEW) ->> 'absent_id')::uuid)) THEN
        RAISE EXCEPTION 'one person would hold two roles kept apart'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'roles_kept_apart';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keep_apart AFTER INSERT OR UPDATE ON role_grants DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION keep_apart();
CREATE CONSTRAINT TRIGGER keep_apart AFTER INSERT OR UPDATE ON stand_ins DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION keep_apart();
