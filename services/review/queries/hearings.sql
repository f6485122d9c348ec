-- Hearings: slots given one after the other; the last one holds.

-- name: give_slot(application_id, hearing_at, duration_minutes, place_id, place_version)!
-- One more slot.
INSERT INTO hearings (application_id, turn, hearing_at, duration_minutes, place_id, place_version)
SELECT :application_id::uuid, coalesce(max(h.turn), 0) + 1, :hearing_at, :duration_minutes, :place_id::uuid, :place_version::integer
FROM hearings h WHERE h.application_id = :application_id;

-- name: get_hearing(application_id)^
-- The hearing of a case; no slot yet: no instant.
SELECT c.application_id, c.hearing, h.hearing_at, h.duration_minutes, h.turn, t.body AS place
FROM cases c
LEFT JOIN LATERAL (SELECT turn, hearing_at, duration_minutes, place_id, place_version FROM hearings
    WHERE application_id = c.application_id ORDER BY turn DESC LIMIT 1) h ON true
LEFT JOIN texts t ON t.text_id = h.place_id AND t.version = h.place_version
WHERE c.application_id = :application_id;

-- name: list_hearings(call_id, hidden)
-- The hearings of a call by slot: shortlisted cases that are alive or were heard.
SELECT c.application_id, c.hearing, h.hearing_at, h.duration_minutes, h.turn, t.body AS place
FROM cases c
LEFT JOIN LATERAL (SELECT turn, hearing_at, duration_minutes, place_id, place_version FROM hearings
    WHERE application_id = c.application_id ORDER BY turn DESC LIMIT 1) h ON true
LEFT JOIN texts t ON t.text_id = h.place_id AND t.version = h.place_version
WHERE c.call_id = :call_id AND c.shortlist = 'SHORTLISTED' AND (c.state = 'OPEN' OR c.hearing <> 'NOT_SCHEDULED')
  AND NOT c.application_id = ANY(:hidden::uuid[])
ORDER BY h.hearing_at, c.application_id;
