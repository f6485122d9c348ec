-- name: lock_identities(subject)!
-- Two doors that see the same person for the first time wait for each other.
SELECT pg_advisory_xact_lock(hashtext('identities'), hashtext(:subject));

-- name: person_of_identity(issuer, subject)^
-- Whom an identity leads to.
SELECT p.person_id, p.display_name, p.email, p.fictitious
FROM identities i JOIN persons p ON p.person_id = i.person_id WHERE i.issuer = :issuer AND i.subject = :subject;

-- name: is_known_at(issuer, person_id)$
-- Whether a person has a name at this provider already.
SELECT EXISTS (SELECT 1 FROM identities WHERE issuer = :issuer AND person_id = :person_id);

-- name: bind_identity(issuer, subject, person_id)$
-- From now on this identity leads to this person; one already bound stays where it is (then no row).
INSERT INTO identities (issuer, subject, person_id) VALUES (:issuer, :subject, :person_id)
ON CONFLICT (issuer, subject) DO NOTHING
RETURNING person_id;

-- name: recognize_person(person_id, display_name, at)!
-- She came in: her name as her door says it now.
UPDATE persons SET display_name = coalesce(nullif(:display_name, ''), display_name), seen_at = :at WHERE person_id = :person_id;

-- name: pair_of_grant(call_id, person_id, role)^
-- Two roles kept apart that a role of hers joins, in her hands or in those of who stands in for her.
SELECT held_role, asked_role FROM pairs_held
WHERE call_id = :call_id AND owner_id = :person_id AND asked_role = :role
ORDER BY held_role LIMIT 1;

-- name: pair_of_stand_in(call_id, deputy_id, absent_id)^
-- Two roles kept apart that standing in for somebody joins.
SELECT held_role, asked_role FROM pairs_held
WHERE call_id = :call_id AND person_id = :deputy_id AND in_place_of = :absent_id
ORDER BY held_role, asked_role LIMIT 1;

-- name: list_members(call_id, after_name, after_person, after_role, after_from, limit)
-- The people of a call by name, each in each of her roles; periods of nothing (given and taken back) are left out.
SELECT p.person_id, p.display_name, p.email, p.fictitious, p.seen_at, g.role, g.from_at, g.to_at
FROM role_grants g JOIN persons p ON p.person_id = g.person_id
WHERE g.call_id = :call_id AND (g.to_at IS NULL OR g.to_at > g.from_at)
  AND (:after_name::text IS NULL OR (p.display_name, p.person_id, g.role, g.from_at)
      > (:after_name::text, :after_person::uuid, :after_role::text, :after_from::timestamptz))
ORDER BY p.display_name, p.person_id, g.role, g.from_at LIMIT :limit;

-- name: record_stand_in(stand_in_id, call_id, absent_id, deputy_id, from_at, to_at, recorded_by)!
-- Who acts in whose place.
INSERT INTO stand_ins (stand_in_id, call_id, absent_id, deputy_id, from_at, to_at, recorded_by)
VALUES (:stand_in_id, :call_id, :absent_id, :deputy_id, :from_at, :to_at, :recorded_by);

-- name: end_stand_in(call_id, stand_in_id, at)$
-- Over from now on, or before it began; no row when it was over.
UPDATE stand_ins SET to_at = greatest(:at, from_at)
WHERE call_id = :call_id AND stand_in_id = :stand_in_id AND to_at > greatest(:at, from_at) RETURNING stand_in_id;

-- name: get_stand_in(call_id, stand_in_id)^
-- One stand-in, with both names.
SELECT s.stand_in_id, s.call_id, s.absent_id, a.display_name AS absent_name, s.deputy_id, d.display_name AS deputy_name, s.from_at, s.to_at
FROM stand_ins s JOIN persons a ON a.person_id = s.absent_id JOIN persons d ON d.person_id = s.deputy_id
WHERE s.call_id = :call_id AND s.stand_in_id = :stand_in_id;

-- name: list_stand_ins(call_id, person_id)
-- Stand-ins under way and to come, of a call or of a person (either side).
SELECT s.stand_in_id, s.call_id, s.absent_id, a.display_name AS absent_name, s.deputy_id, d.display_name AS deputy_name, s.from_at, s.to_at
FROM stand_ins s JOIN persons a ON a.person_id = s.absent_id JOIN persons d ON d.person_id = s.deputy_id
WHERE (:call_id::uuid IS NULL OR s.call_id = :call_id) AND (:person_id::uuid IS NULL OR :person_id IN (s.absent_id, s.deputy_id))
  AND s.to_at > greatest(clock.now(), s.from_at)
ORDER BY s.from_at, s.stand_in_id LIMIT 100;

-- name: roles_in_place(stand_in_id)
-- The roles a stand-in gives.
SELECT DISTINCT h.role FROM stand_ins s
JOIN held_roles h ON h.call_id = s.call_id AND h.person_id = s.deputy_id AND h.in_place_of = s.absent_id
WHERE s.stand_in_id = :stand_in_id AND greatest(h.from_at, s.from_at) < coalesce(least(h.to_at, s.to_at), 'infinity')
ORDER BY h.role;
