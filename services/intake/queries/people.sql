-- name: register_person(person_id, display_name, email, fictitious)!
-- Keeps a person as last seen.
INSERT INTO persons (person_id, display_name, email, fictitious) VALUES (:person_id, :display_name, :email, :fictitious)
ON CONFLICT (person_id) DO UPDATE SET display_name = excluded.display_name, email = excluded.email;

-- name: register_outsider(person_id, display_name, email, fictitious)$
-- Keeps a person who is not known yet; no row when she is.
INSERT INTO persons (person_id, display_name, email, fictitious) VALUES (:person_id, :display_name, :email, :fictitious)
ON CONFLICT (person_id) DO NOTHING
RETURNING person_id;

-- name: get_person(person_id)^
-- A person.
SELECT person_id, display_name, email, fictitious FROM persons WHERE person_id = :person_id;

-- name: list_people(patterns, limit)
-- People whose name, without accents nor case, holds every pattern.
SELECT person_id, display_name, email, fictitious FROM persons
WHERE ' ' || regexp_replace(
    regexp_replace(lower(normalize(display_name, NFKD)), '[\u0300-\u036f]', '', 'g'), '[^a-z0-9]+', ' ', 'g'
) LIKE ALL(:patterns::text[])
ORDER BY display_name, person_id LIMIT :limit;

-- name: live_grant(call_id, person_id, role, at)^
-- The grant of a role in force at an instant.
SELECT call_id, person_id, role, from_at, to_at, NULL::uuid AS in_place_of FROM role_grants
WHERE call_id = :call_id AND person_id = :person_id AND role = :role AND from_at <= :at AND (to_at IS NULL OR to_at > :at)
ORDER BY from_at LIMIT 1;

-- name: grant_role(call_id, person_id, role, from_at, to_at, granted_by)!
-- Gives a role (grant_role, invite_person), or changes the end of a grant of the same beginning.
INSERT INTO role_grants (call_id, person_id, role, from_at, to_at, granted_by)
VALUES (:call_id, :person_id, :role, :from_at, :to_at, :granted_by)
ON CONFLICT (call_id, person_id, role, from_at) DO UPDATE SET to_at = excluded.to_at, granted_by = excluded.granted_by;

-- name: list_roles(call_id, person_id)
-- Roles of a call, of a person, or of both.
SELECT call_id, person_id, role, from_at, to_at, NULL::uuid AS in_place_of FROM role_grants
WHERE (:call_id::uuid IS NULL OR call_id = :call_id) AND (:person_id::uuid IS NULL OR person_id = :person_id)
ORDER BY person_id, call_id, role, from_at;

-- name: list_jury(call_id)
-- Who sits in the jury of a call, or keeps its minutes, and whether the role is in force now.
SELECT g.person_id, n.display_name, g.role, bool_or(g.from_at <= clock.now() AND (g.to_at IS NULL OR g.to_at > clock.now())) AS in_force
FROM role_grants g JOIN persons n ON n.person_id = g.person_id
WHERE g.call_id = :call_id AND g.role IN ('JURY_MEMBER', 'JURY_CHAIR', 'JURY_SECRETARY')
GROUP BY g.person_id, n.display_name, g.role
ORDER BY n.display_name, g.person_id, g.role;

-- name: case_rights(person, application_id)^
-- How a person is tied to an application, with its call.
SELECT a.call_id, coalesce(array_agg(r.relation) FILTER (WHERE r.relation IS NOT NULL), '{}') AS relations
FROM applications a
LEFT JOIN case_relations r ON r.application_id = a.application_id AND r.person = :person
    AND r.from_at <= clock.now() AND (r.to_at IS NULL OR r.to_at > clock.now())
WHERE a.application_id = :application_id
GROUP BY a.call_id;

-- name: list_my_roles(person_id)
-- A person's roles in force now, over all calls, her own first, then those she holds in somebody's place.
SELECT call_id, person_id, role, from_at, to_at, in_place_of FROM held_roles
WHERE person_id = :person_id AND from_at <= clock.now() AND (to_at IS NULL OR to_at > clock.now())
ORDER BY call_id, in_place_of NULLS FIRST, role, from_at;

-- name: list_fictitious_people(call_id, limit)
-- The invented people of a call with what waits for them: roles in force first, then those who carry a file.
WITH waiting AS (
    SELECT a.applicant_id, p.blocking_role, p.reviewer_id
    FROM applications a JOIN progress p ON p.application_id = a.application_id
    WHERE a.call_id = :call_id AND p.blocking_role IS NOT NULL
), seen AS (
    SELECT DISTINCT 0 AS place, g.person_id, g.role, '' AS number, 0 AS number_year, 0 AS number_sequence, '' AS organization,
        (SELECT count(*) FROM waiting w WHERE w.blocking_role = g.role
            AND (g.role <> 'INSTRUCTOR' OR coalesce(w.reviewer_id, g.person_id) = g.person_id)) AS waiting_count
    FROM role_grants g
    WHERE g.call_id = :call_id AND g.from_at <= clock.now() AND (g.to_at IS NULL OR g.to_at > clock.now())
    UNION ALL
    SELECT 1, a.applicant_id, 'APPLICANT', coalesce(a.number, ''), coalesce(a.number_year, 0), coalesce(a.number_sequence, 0),
        a.organization_name, (SELECT count(*) FROM progress p WHERE p.application_id = a.application_id AND p.blocking_role = 'APPLICANT')
    FROM applications a WHERE a.call_id = :call_id
)
SELECT s.person_id, n.display_name, s.role, s.number, s.organization, s.waiting_count
FROM seen s JOIN persons n ON n.person_id = s.person_id
WHERE n.fictitious
ORDER BY s.place, s.role, s.number_year, s.number_sequence, n.display_name, s.person_id, s.organization LIMIT :limit;
