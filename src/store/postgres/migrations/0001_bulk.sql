-- Functions of tenure, version 1: commits of many records. Never edited once released; changes come as the next number.
--
-- A commit that is too large for one statement is sent in parts, in one transaction: `tenure_begin_commit`, then steps, named
-- records and events in portions, then `tenure_end_commit`. Many new records of a kind in a row are no steps: once
-- `tenure_check_new` has let them pass, the store inserts them from arrays.

-- Takes the tenant's head, and gives the answer of the same commit, where it was committed before.
CREATE FUNCTION tenure_begin_commit(p_tenant uuid, p_id uuid, p_at bigint, p_fingerprint bytea, p_only_touches boolean)
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    c_kept CONSTANT bigint := 86400000000;
    v_earlier record;
BEGIN
    -- The lock comes first, in a statement of its own: each statement after it sees all that was committed before it was
    -- ours. A mere touch needs none: its one statement judges the row as it is.
    IF NOT p_only_touches THEN
        PERFORM 1 FROM tenure_head WHERE tenant = p_tenant FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO tenure_head (tenant, seq) VALUES (p_tenant, 0) ON CONFLICT DO NOTHING;
            PERFORM 1 FROM tenure_head WHERE tenant = p_tenant FOR UPDATE;
        END IF;
    END IF;
    SELECT at, fingerprint, answer INTO v_earlier FROM tenure_commit WHERE tenant = p_tenant AND id = p_id;
    IF FOUND AND p_at - v_earlier.at < c_kept THEN
        IF v_earlier.fingerprint <> p_fingerprint THEN
            PERFORM tenure_refuse('"id_reused"');
        END IF;
        RETURN v_earlier.answer;
    END IF;
    RETURN NULL;
END
$$;

-- Refuses many new records of a kind as `tenure_write` would, one after the other: the first that is refused is named. Keys are
-- each of a row, by its number from 1, and at a place among those of the row.
CREATE FUNCTION tenure_check_new(
    p_tenant uuid, p_kind text, p_table text, p_ids uuid[], p_rows bigint[], p_places bigint[], p_spaces text[],
    p_keys bytea[], p_step bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
    v_there bigint;
    v_taken record;
BEGIN
    -- Ids: none may be there, nor come twice.
    EXECUTE format(
        'SELECT r.id, r.n FROM (
             SELECT id, n, row_number() OVER (PARTITION BY id ORDER BY n) > 1 AS repeated
             FROM unnest($2) WITH ORDINALITY AS rows (id, n)) AS r
         WHERE r.repeated OR EXISTS (SELECT 1 FROM %I t WHERE t.tenant = $1 AND t.id = r.id)
         ORDER BY r.n LIMIT 1', p_table)
        INTO v_id, v_there USING p_tenant, p_ids;

    SELECT k.n, k.place INTO v_taken FROM (
        SELECT n, place, space, key, first_value(n) OVER (PARTITION BY space, key ORDER BY n) AS first
        FROM unnest(p_rows, p_places, p_spaces, p_keys) AS keys (n, place, space, key)) AS k
    WHERE k.first <> k.n OR EXISTS (
        SELECT 1 FROM tenure_key h
        WHERE h.tenant = p_tenant AND h.space = k.space AND h.key = k.key
            AND (h.kind, h.id) <> (p_kind, p_ids[k.n]))
    ORDER BY k.n, k.place LIMIT 1;

    IF v_id IS NOT NULL AND (v_taken.n IS NULL OR v_there <= v_taken.n) THEN
        PERFORM tenure_refuse(jsonb_build_object('conflict', jsonb_build_object('kind', p_kind, 'id', v_id)));
    END IF;
    IF v_taken.n IS NOT NULL THEN
        PERFORM tenure_refuse(jsonb_build_object('duplicate',
            jsonb_build_object('step', p_step + v_taken.n - 1, 'key', v_taken.place)));
    END IF;
END
$$;

-- Some steps of a commit. Gives how many records each touched, and what was removed.
CREATE FUNCTION tenure_steps(p_tenant uuid, p_steps jsonb, OUT touched bigint[], OUT removed jsonb) LANGUAGE plpgsql AS $$
DECLARE
    v_do jsonb;
    v_place int;
    v_count bigint;
BEGIN
    touched := '{}';
    removed := '[]';
    FOR v_do IN SELECT value FROM jsonb_array_elements(p_steps) LOOP
        v_place := (v_do->>'place')::int;
        v_count := 1;
        CASE v_do->>'do'
            WHEN 'insert' THEN
                PERFORM tenure_expect(p_tenant, v_do, NULL);
                PERFORM tenure_write(p_tenant, 1, v_do, v_place);
            WHEN 'update' THEN
                PERFORM tenure_expect(p_tenant, v_do, (v_do->>'expected')::bigint);
                PERFORM tenure_write(p_tenant, (v_do->>'expected')::bigint + 1, v_do, v_place);
            WHEN 'remove' THEN
                PERFORM tenure_expect(p_tenant, v_do, (v_do->>'expected')::bigint);
                removed := removed || tenure_remove(p_tenant, v_do->>'kind', (v_do->>'id')::uuid);
            WHEN 'end_sessions' THEN v_count := tenure_end_sessions(p_tenant, v_do);
            WHEN 'end_tickets' THEN v_count := tenure_end_tickets(p_tenant, v_do);
            WHEN 'revoke_api_keys' THEN v_count := tenure_revoke_api_keys(p_tenant, v_do);
            WHEN 'move_reports' THEN v_count := tenure_move_reports(p_tenant, v_do);
            WHEN 'count' THEN PERFORM tenure_count(p_tenant, v_do, v_place);
            WHEN 'touch' THEN
                IF v_do->>'kind' = 'session' THEN
                    UPDATE tenure_session
                    SET seen_at = (v_do->>'seen_at')::bigint, body = jsonb_set(body::jsonb, '{seen_at}', v_do->'seen')::text
                    WHERE tenant = p_tenant AND id = (v_do->>'id')::uuid
                        AND seen_at < (v_do->>'seen_at')::bigint AND status = 'open';
                ELSIF v_do->>'kind' = 'api key' THEN
                    UPDATE tenure_api_key
                    SET seen_at = (v_do->>'seen_at')::bigint, body = jsonb_set(body::jsonb, '{seen_at}', v_do->'seen')::text
                    WHERE tenant = p_tenant AND id = (v_do->>'id')::uuid
                        AND (seen_at IS NULL OR seen_at < (v_do->>'seen_at')::bigint) AND status = 'open';
                ELSIF v_do->>'kind' = 'user' THEN
                    PERFORM tenure_note_login(p_tenant, v_do);
                END IF;
            ELSE PERFORM tenure_refuse(jsonb_build_object('unsupported', v_place));
        END CASE;
        touched := touched || v_count;
    END LOOP;
END
$$;

-- Some guards of a commit.
CREATE FUNCTION tenure_guards(p_tenant uuid, p_guards jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_guard jsonb;
BEGIN
    FOR v_guard IN SELECT value FROM jsonb_array_elements(p_guards) LOOP
        PERFORM tenure_expect(p_tenant, v_guard, (v_guard->>'version')::bigint);
    END LOOP;
END
$$;

-- Some records that a commit names, by their places in the plan. They must exist where the records that name them do.
CREATE FUNCTION tenure_check_named(p_tenant uuid, p_named jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_link jsonb;
BEGIN
    FOR v_link IN SELECT value FROM jsonb_array_elements(p_named) LOOP
        IF tenure_version(p_tenant, v_link->>'to_kind', (v_link->>'to')::uuid) IS NULL
            AND tenure_version(p_tenant, v_link->>'from_kind', (v_link->>'from')::uuid) IS NOT NULL
        THEN
            PERFORM tenure_refuse(jsonb_build_object('missing', (v_link->>'place')::bigint));
        END IF;
    END LOOP;
END
$$;

-- Keeps the answer of a commit.
CREATE FUNCTION tenure_end_commit(p_tenant uuid, p_id uuid, p_at bigint, p_fingerprint bytea, p_answer text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c_kept CONSTANT bigint := 86400000000;
BEGIN
    DELETE FROM tenure_commit c WHERE c.tenant = p_tenant AND c.id IN (
        SELECT id FROM tenure_commit WHERE tenant = p_tenant AND at <= p_at - c_kept
        LIMIT 100 FOR UPDATE SKIP LOCKED);
    INSERT INTO tenure_commit AS c (tenant, id, at, fingerprint, answer)
    VALUES (p_tenant, p_id, p_at, p_fingerprint, p_answer)
    ON CONFLICT (tenant, id) DO UPDATE SET at = EXCLUDED.at, fingerprint = EXCLUDED.fingerprint, answer = EXCLUDED.answer
    WHERE EXCLUDED.at - c.at >= c_kept;
    IF NOT FOUND THEN
        -- The same id was committed at this very moment, by a touch: begin again, and find its answer.
        RAISE EXCEPTION 'the same commit came twice at once' USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;
