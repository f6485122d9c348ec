-- The installation's mark and its clock. Made first, by the administrative role; everybody reads, nobody else writes.
CREATE SCHEMA IF NOT EXISTS clock;

CREATE TABLE IF NOT EXISTS clock.installation (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    kind text NOT NULL CHECK (kind IN ('real', 'demonstration')),
    clock_offset interval NOT NULL DEFAULT '0',
    -- a real installation's clock is the machine's, and nothing can move it
    CONSTRAINT real_clock_is_the_machines CHECK (kind = 'demonstration' OR clock_offset = '0'::interval)
);

CREATE OR REPLACE FUNCTION clock.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'the mark of an installation is fixed when its database is created';
    END IF;
    -- seconds alone: a day of an interval has 23 or 25 hours in some sessions' time zone
    NEW.clock_offset := make_interval(secs => extract(epoch FROM NEW.clock_offset));
    IF TG_OP = 'UPDATE' AND NEW.kind <> OLD.kind THEN
        RAISE EXCEPTION 'the mark of an installation is fixed when its database is created';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.clock_offset < OLD.clock_offset THEN
        RAISE EXCEPTION 'the clock of a demonstration only goes forward';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON clock.installation
    FOR EACH ROW EXECUTE FUNCTION clock.guard();

-- "Now" of the installation: every recorded_at reads it, and kit.clock too.
CREATE OR REPLACE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
    'SELECT clock_timestamp() + clock_offset FROM clock.installation';

-- The last move of a demonstration's clock: what whoever moves it goes on with after a power cut. The administrative
-- role alone reads and writes it.
CREATE TABLE IF NOT EXISTS clock.advance (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL CHECK (to_at > from_at),
    ended_at timestamptz
);
