-- Roles of one call that one person never holds at the same time: who instructs or prepares a payment does not order
-- it, who orders does not pay (décret 2012-1246, art. 9), who controls does nothing else.
CREATE TABLE forbidden_pairs (
    one   text NOT NULL,
    other text NOT NULL CONSTRAINT two_roles CHECK (other <> one),
    PRIMARY KEY (one, other)
);
INSERT INTO forbidden_pairs (one, other) VALUES
    ('AUTHORISING_OFFICER', 'INSTRUCTOR'), ('AUTHORISING_OFFICER', 'FINANCE'),
    ('ACCOUNTANT', 'INSTRUCTOR'), ('ACCOUNTANT', 'FINANCE'), ('ACCOUNTANT', 'AUTHORISING_OFFICER'),
    ('AUDITOR', 'INSTRUCTOR'), ('AUDITOR', 'EXPERT'), ('AUDITOR', 'JURY_MEMBER'), ('AUDITOR', 'JURY_CHAIR'),
    ('AUDITOR', 'JURY_SECRETARY'), ('AUDITOR', 'AUTHORISING_OFFICER'), ('AUDITOR', 'ASSEMBLY_OFFICE'),
    ('AUDITOR', 'FINANCE'), ('AUDITOR', 'CALL_ADMIN'), ('AUDITOR', 'ACCOUNTANT');
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON forbidden_pairs FROM jalon_intake;

-- The last word, whoever writes. Two grants at once for one person wait for each other.
CREATE FUNCTION keep_apart() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('role_grants'), hashtext(NEW.call_id::text || NEW.person_id::text));
    IF EXISTS (
        SELECT 1 FROM role_grants g
        JOIN forbidden_pairs f ON (f.one, f.other) IN ((g.role, NEW.role), (NEW.role, g.role))
        WHERE g.call_id = NEW.call_id AND g.person_id = NEW.person_id
          AND greatest(g.from_at, NEW.from_at) < coalesce(least(g.to_at, NEW.to_at), 'infinity')
    ) THEN
        RAISE EXCEPTION 'one person would hold two roles kept apart'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'roles_kept_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_apart BEFORE INSERT OR UPDATE ON role_grants FOR EACH ROW EXECUTE FUNCTION keep_apart();
