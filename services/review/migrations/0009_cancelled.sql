-- A session may be given up before any result.
ALTER TABLE sessions
    DROP CONSTRAINT sessions_state_check,
    ADD CONSTRAINT sessions_state_check
        CHECK (state IN ('PREPARED', 'CONVOKED', 'OPEN', 'ADJOURNED', 'CLOSED', 'CANCELLED'));
