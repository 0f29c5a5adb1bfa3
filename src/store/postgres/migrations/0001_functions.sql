-- Functions of tenure, version 1. Never edited once released; changes come as the next number.
--
-- They make a commit one statement: one round trip, and no network between the lock of a tenant and its
-- release. They are called by the crate alone. A later version that changes one gives the new one a new name, so that
-- programs of both releases can run side by side.

-- Ends the commit. What is refused is told as JSON in the detail: ids and places in the plan, no keys, no names.
CREATE FUNCTION tenure_refuse(p_refusal jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the commit is refused' USING ERRCODE = 'TN001', DETAIL = p_refusal::text;
END
$$;

-- The version of a record, null where there is none. Whoever asks holds the tenant's head, so it stays; but for mail, which
-- couriers lease without that: there the row is locked.
CREATE FUNCTION tenure_version(p_tenant uuid, p_kind text, p_id uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_version bigint;
BEGIN
    CASE p_kind
        WHEN 'tenant' THEN
            SELECT version INTO v_version FROM tenure_tenant WHERE tenant = p_tenant AND id = p_id;
        WHEN 'org unit' THEN
            SELECT version INTO v_version FROM tenure_unit WHERE tenant = p_tenant AND id = p_id;
        WHEN 'role' THEN
            SELECT version INTO v_version FROM tenure_role WHERE tenant = p_tenant AND id = p_id;
        WHEN 'employee' THEN
            SELECT version INTO v_version FROM tenure_employee WHERE tenant = p_tenant AND id = p_id;
        WHEN 'user' THEN
            SELECT version INTO v_version FROM tenure_user WHERE tenant = p_tenant AND id = p_id;
        WHEN 'invitation' THEN
            SELECT version INTO v_version FROM tenure_invitation WHERE tenant = p_tenant AND id = p_id;
        WHEN 'ticket' THEN
            SELECT version INTO v_version FROM tenure_ticket WHERE tenant = p_tenant AND id = p_id;
        WHEN 'credential' THEN
            SELECT version INTO v_version FROM tenure_credential WHERE tenant = p_tenant AND id = p_id;
        WHEN 'session' THEN
            SELECT version INTO v_version FROM tenure_session WHERE tenant = p_tenant AND id = p_id;
        WHEN 'login attempt' THEN
            SELECT version INTO v_version FROM tenure_attempt WHERE tenant = p_tenant AND id = p_id;
        WHEN 'mail' THEN
            SELECT version INTO v_version FROM tenure_mail WHERE tenant = p_tenant AND id = p_id FOR UPDATE;
        WHEN 'throttle' THEN
            SELECT version INTO v_version FROM tenure_throttle WHERE tenant = p_tenant AND id = p_id;
        WHEN 'api key' THEN
            SELECT version INTO v_version FROM tenure_api_key WHERE tenant = p_tenant AND id = p_id;
    END CASE;
    RETURN v_version;
END
$$;

-- For each table a function that writes a row, new or over the one that is there.
DO $do$
DECLARE
    v_name text;
    v_sets text;
BEGIN
    FOREACH v_name IN ARRAY ARRAY[
        'tenant', 'unit', 'role', 'employee', 'user', 'invitation', 'ticket', 'credential', 'session', 'attempt', 'mail',
        'throttle', 'api_key', 'employee_listed', 'user_listed']
    LOOP
        SELECT string_agg(format('%1$I = EXCLUDED.%1$I', attname), ', ' ORDER BY attnum) INTO v_sets
        FROM pg_attribute
        WHERE attrelid = format('tenure_%s', v_name)::regclass AND attnum > 0 AND attname NOT IN ('tenant', 'id');
        -- What listings go by has many indexes: it is left alone where it stays as it is.
        IF v_name IN ('employee_listed', 'user_listed') THEN
            SELECT v_sets || format(' WHERE (%s) IS DISTINCT FROM (%s)',
                string_agg(format('kept.%I', attname), ', ' ORDER BY attnum),
                string_agg(format('EXCLUDED.%I', attname), ', ' ORDER BY attnum)) INTO v_sets
            FROM pg_attribute
            WHERE attrelid = format('tenure_%s', v_name)::regclass AND attnum > 0
                AND attname NOT IN ('tenant', 'id', 'grams');
        END IF;
        EXECUTE format(
            'CREATE FUNCTION tenure_put_%1$s(p_row jsonb) RETURNS void LANGUAGE plpgsql AS $f$
             BEGIN
                 INSERT INTO tenure_%1$s AS kept SELECT * FROM jsonb_populate_record(NULL::tenure_%1$s, p_row)
                 ON CONFLICT (tenant, id) DO UPDATE SET %2$s;
             END
             $f$',
            v_name, v_sets);
    END LOOP;
END
$do$;

-- The row of a user that is about to be updated, with the later `last_login_at` of the two (law 12).
CREATE FUNCTION tenure_keep_login(p_row jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_at bigint;
    v_body text;
    v_key bytea;
BEGIN
    SELECT last_login_at, body INTO v_at, v_body FROM tenure_user
    WHERE tenant = (p_row->>'tenant')::uuid AND id = (p_row->>'id')::uuid
    FOR UPDATE;
    IF NOT FOUND OR v_at IS NULL OR v_at <= (p_row->>'last_login_at')::bigint THEN
        RETURN p_row;
    END IF;
    SELECT last_login_key INTO v_key FROM tenure_user_login
    WHERE tenant = (p_row->>'tenant')::uuid AND id = (p_row->>'id')::uuid;
    RETURN p_row || jsonb_build_object(
        'last_login_at', v_at, 'last_login_key', v_key,
        'body', jsonb_set((p_row->>'body')::jsonb, '{last_login_at}', v_body::jsonb->'last_login_at')::text);
END
$$;

-- The row of a session or an API key that is about to be updated, with the later `seen_at` of the two (law 12). Touches do
-- not wait for the head, so the row is locked.
CREATE FUNCTION tenure_keep_seen_at(p_kind text, p_row jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_seen_at bigint;
    v_body text;
BEGIN
    IF p_kind = 'session' THEN
        SELECT seen_at, body INTO v_seen_at, v_body FROM tenure_session
        WHERE tenant = (p_row->>'tenant')::uuid AND id = (p_row->>'id')::uuid
        FOR UPDATE;
    ELSE
        SELECT seen_at, body INTO v_seen_at, v_body FROM tenure_api_key
        WHERE tenant = (p_row->>'tenant')::uuid AND id = (p_row->>'id')::uuid
        FOR UPDATE;
    END IF;
    IF NOT FOUND OR v_seen_at IS NULL OR v_seen_at <= (p_row->>'seen_at')::bigint THEN
        RETURN p_row;
    END IF;
    RETURN p_row || jsonb_build_object(
        'seen_at', v_seen_at,
        'body', jsonb_set((p_row->>'body')::jsonb, '{seen_at}', v_body::jsonb->'seen_at')::text);
END
$$;

-- The record that has a key.
CREATE FUNCTION tenure_holder(p_tenant uuid, p_space text, p_key bytea, OUT kind text, OUT id uuid)
LANGUAGE plpgsql AS $$
BEGIN
    IF p_space = 'session_token' THEN
        SELECT 'session', s.id INTO kind, id FROM tenure_session s WHERE s.tenant = p_tenant AND s.token = p_key;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    SELECT k.kind, k.id INTO kind, id FROM tenure_key k
    WHERE k.tenant = p_tenant AND k.space = p_space AND k.key = p_key;
END
$$;

-- Writes a record with its keys, its references and the rows beside it. `p_step` is the place in the plan.
CREATE FUNCTION tenure_write(p_tenant uuid, p_version bigint, p_made jsonb, p_step int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_kind text := p_made->>'kind';
    v_id uuid := (p_made->>'id')::uuid;
    v_row jsonb := (p_made->'row') || jsonb_build_object('version', p_version);
    v_key record;
    v_holder record;
BEGIN
    FOR v_key IN
        SELECT k->>'space' AS space, (k->>'key')::bytea AS key, n
        FROM jsonb_array_elements(p_made->'keys') WITH ORDINALITY AS e(k, n) ORDER BY n
    LOOP
        SELECT * INTO v_holder FROM tenure_holder(p_tenant, v_key.space, v_key.key);
        IF v_holder.id IS NOT NULL AND (v_holder.kind, v_holder.id) <> (v_kind, v_id) THEN
            PERFORM tenure_refuse(jsonb_build_object('duplicate',
                jsonb_build_object('step', p_step, 'key', v_key.n - 1)));
        END IF;
    END LOOP;

    CASE v_kind
        WHEN 'tenant' THEN PERFORM tenure_put_tenant(v_row);
        WHEN 'org unit' THEN PERFORM tenure_put_unit(v_row);
        WHEN 'role' THEN PERFORM tenure_put_role(v_row);
        WHEN 'employee' THEN
            PERFORM tenure_put_employee(v_row);
            PERFORM tenure_put_employee_listed(p_made->'listed');
        WHEN 'user' THEN
            v_row := tenure_keep_login(v_row);
            PERFORM tenure_put_user(v_row);
            PERFORM tenure_put_user_listed(p_made->'listed');
            INSERT INTO tenure_user_login AS kept (tenant, id, last_login_key)
                VALUES (p_tenant, v_id, (v_row->>'last_login_key')::bytea)
                ON CONFLICT (tenant, id) DO UPDATE SET last_login_key = EXCLUDED.last_login_key
                WHERE kept.last_login_key <> EXCLUDED.last_login_key;
        WHEN 'invitation' THEN PERFORM tenure_put_invitation(v_row);
        WHEN 'ticket' THEN PERFORM tenure_put_ticket(v_row);
        WHEN 'credential' THEN PERFORM tenure_put_credential(v_row);
        WHEN 'session' THEN PERFORM tenure_put_session(tenure_keep_seen_at(v_kind, v_row));
        WHEN 'login attempt' THEN PERFORM tenure_put_attempt(v_row);
        WHEN 'mail' THEN PERFORM tenure_put_mail(v_row);
        WHEN 'throttle' THEN PERFORM tenure_put_throttle(v_row);
        WHEN 'api key' THEN PERFORM tenure_put_api_key(tenure_keep_seen_at(v_kind, v_row));
    END CASE;

    IF p_version > 1 THEN
        DELETE FROM tenure_key k
        WHERE k.tenant = p_tenant AND k.kind = v_kind AND k.id = v_id
            AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(p_made->'apart') AS a
                            WHERE a->>'space' = k.space AND (a->>'key')::bytea = k.key);
        DELETE FROM tenure_reference WHERE tenant = p_tenant AND from_kind = v_kind AND from_id = v_id;
    END IF;
    INSERT INTO tenure_key (tenant, space, key, kind, id)
        SELECT p_tenant, a->>'space', (a->>'key')::bytea, v_kind, v_id FROM jsonb_array_elements(p_made->'apart') AS a
        ON CONFLICT DO NOTHING;
    INSERT INTO tenure_reference (tenant, to_kind, to_id, owned, from_kind, from_id)
        SELECT p_tenant, r->>'kind', (r->>'id')::uuid, (r->>'owned')::boolean, v_kind, v_id
        FROM jsonb_array_elements(p_made->'references') AS r
        ON CONFLICT DO NOTHING;

    IF v_kind = 'user' THEN
        PERFORM tenure_write_user(p_tenant, v_id, p_made);
    ELSIF v_kind = 'org unit' THEN
        DELETE FROM tenure_unit_path p WHERE p.tenant = p_tenant AND p.unit = v_id
            AND NOT (p_made->'path' ? p.ancestor::text);
        INSERT INTO tenure_unit_path (tenant, unit, ancestor)
            SELECT p_tenant, v_id, a::uuid FROM jsonb_array_elements_text(p_made->'path') AS a
            ON CONFLICT DO NOTHING;
    END IF;
END
$$;

-- The roles and units that a user has to do with.
CREATE FUNCTION tenure_write_user(p_tenant uuid, p_user uuid, p_made jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_linked boolean := (p_made->>'linked')::boolean;
BEGIN
    DELETE FROM tenure_user_role g
        WHERE g.tenant = p_tenant AND g.user = p_user AND NOT (p_made->'roles' ? g.role::text);
    INSERT INTO tenure_user_role AS g (tenant, "user", role, held)
        SELECT p_tenant, p_user, r::uuid, CASE WHEN v_linked THEN r::uuid END
        FROM jsonb_array_elements_text(p_made->'roles') AS r
        ON CONFLICT (tenant, "user", role) DO UPDATE SET held = EXCLUDED.held
        WHERE g.held IS DISTINCT FROM EXCLUDED.held;
    DELETE FROM tenure_user_unit m
        WHERE m.tenant = p_tenant AND m.user = p_user AND NOT (p_made->'units' ? m.unit::text);
    INSERT INTO tenure_user_unit AS m (tenant, "user", unit, held)
        SELECT p_tenant, p_user, u::uuid, CASE WHEN v_linked THEN u::uuid END
        FROM jsonb_array_elements_text(p_made->'units') AS u
        ON CONFLICT (tenant, "user", unit) DO UPDATE SET held = EXCLUDED.held
        WHERE m.held IS DISTINCT FROM EXCLUDED.held;
END
$$;

-- Removes a record and, in turn, all that it owns. Gives what was removed, in that order.
CREATE FUNCTION tenure_remove(p_tenant uuid, p_kind text, p_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_all jsonb := tenure_owned(p_tenant, p_kind, p_id);
    v_removed jsonb := '[]';
    v_owned record;
    v_count bigint;
BEGIN
    DELETE FROM tenure_key k WHERE k.tenant = p_tenant AND k.kind = p_kind AND k.id = p_id;
    DELETE FROM tenure_reference WHERE tenant = p_tenant AND from_kind = p_kind AND from_id = p_id;
    CASE p_kind
        WHEN 'tenant' THEN DELETE FROM tenure_tenant WHERE tenant = p_tenant AND id = p_id;
        WHEN 'org unit' THEN DELETE FROM tenure_unit WHERE tenant = p_tenant AND id = p_id;
        WHEN 'role' THEN DELETE FROM tenure_role WHERE tenant = p_tenant AND id = p_id;
        WHEN 'employee' THEN DELETE FROM tenure_employee WHERE tenant = p_tenant AND id = p_id;
        WHEN 'user' THEN DELETE FROM tenure_user WHERE tenant = p_tenant AND id = p_id;
        WHEN 'invitation' THEN DELETE FROM tenure_invitation WHERE tenant = p_tenant AND id = p_id;
        WHEN 'ticket' THEN DELETE FROM tenure_ticket WHERE tenant = p_tenant AND id = p_id;
        WHEN 'credential' THEN DELETE FROM tenure_credential WHERE tenant = p_tenant AND id = p_id;
        WHEN 'session' THEN DELETE FROM tenure_session WHERE tenant = p_tenant AND id = p_id;
        WHEN 'login attempt' THEN DELETE FROM tenure_attempt WHERE tenant = p_tenant AND id = p_id;
        WHEN 'mail' THEN DELETE FROM tenure_mail WHERE tenant = p_tenant AND id = p_id;
        WHEN 'throttle' THEN DELETE FROM tenure_throttle WHERE tenant = p_tenant AND id = p_id;
        WHEN 'api key' THEN DELETE FROM tenure_api_key WHERE tenant = p_tenant AND id = p_id;
    END CASE;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    -- What owns itself, or is owned twice over, may be gone by now.
    IF v_count > 0 THEN
        v_removed := jsonb_build_array(jsonb_build_object('kind', p_kind, 'id', p_id));
        FOR v_owned IN SELECT o->>'kind' AS kind, (o->>'id')::uuid AS id FROM jsonb_array_elements(v_all) AS o LOOP
            v_removed := v_removed || tenure_remove(p_tenant, v_owned.kind, v_owned.id);
        END LOOP;
    END IF;
    RETURN v_removed;
END
$$;

-- The records that belong to one.
CREATE FUNCTION tenure_owned(p_tenant uuid, p_kind text, p_id uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'id', id)), '[]') FROM (
        SELECT 'invitation' AS kind, id FROM tenure_invitation t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT 'ticket', id FROM tenure_ticket t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT 'credential', id FROM tenure_credential
        WHERE p_kind = 'user' AND tenant = p_tenant AND id = p_id AND linked
        UNION ALL
        SELECT 'session', id FROM tenure_session t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT 'login attempt', id FROM tenure_attempt t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT 'mail', id FROM tenure_mail t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT 'throttle', id FROM tenure_throttle t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT 'api key', id FROM tenure_api_key t
        WHERE p_kind = 'user' AND t.tenant = p_tenant AND t.user = p_id AND linked
        UNION ALL
        SELECT from_kind, from_id FROM tenure_reference
        WHERE tenant = p_tenant AND to_kind = p_kind AND to_id = p_id AND owned
    ) AS owned (kind, id)
$$;

-- Refuses where a record that is gone is still named: by the first kind that does, and how often.
CREATE FUNCTION tenure_check_unused(p_tenant uuid, p_kind text, p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_by text;
    v_count bigint;
BEGIN
    SELECT by_kind, count(*) INTO v_by, v_count FROM (
        SELECT 'tenant' FROM tenure_tenant
        WHERE p_kind = 'role' AND tenant = p_tenant AND administrator = p_id AND linked
        UNION ALL
        SELECT 'tenant' FROM tenure_tenant WHERE p_kind = 'user' AND tenant = p_tenant AND owner = p_id AND linked
        UNION ALL
        SELECT 'org unit' FROM tenure_unit WHERE p_kind = 'org unit' AND tenant = p_tenant AND parent = p_id AND linked
        UNION ALL
        SELECT 'employee' FROM tenure_employee
        WHERE p_kind = 'employee' AND tenant = p_tenant AND supervisor = p_id AND linked
        UNION ALL
        SELECT 'employee' FROM tenure_employee
        WHERE p_kind = 'org unit' AND tenant = p_tenant AND unit = p_id AND linked
        UNION ALL
        SELECT 'user' FROM tenure_user WHERE p_kind = 'employee' AND tenant = p_tenant AND employee = p_id AND linked
        UNION ALL
        SELECT 'user' FROM tenure_user_role WHERE p_kind = 'role' AND tenant = p_tenant AND held = p_id
        UNION ALL
        SELECT 'user' FROM tenure_user_unit WHERE p_kind = 'org unit' AND tenant = p_tenant AND held = p_id
        UNION ALL
        SELECT from_kind FROM tenure_reference
        WHERE tenant = p_tenant AND to_kind = p_kind AND to_id = p_id AND NOT owned
    ) AS uses (by_kind)
    GROUP BY by_kind
    ORDER BY array_position(ARRAY[
        'tenant', 'org unit', 'role', 'employee', 'user', 'invitation', 'ticket', 'credential', 'session',
        'login attempt', 'mail', 'throttle', 'api key'], by_kind)
    LIMIT 1;
    IF FOUND THEN
        PERFORM tenure_refuse(jsonb_build_object('in_use',
            jsonb_build_object('kind', p_kind, 'id', p_id, 'by', v_by, 'count', v_count)));
    END IF;
END
$$;

CREATE FUNCTION tenure_end_sessions(p_tenant uuid, p_set jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_count bigint;
BEGIN
    UPDATE tenure_session s
    SET version = version + 1, body = jsonb_set(body::jsonb, '{state}', p_set->'state')::text,
        status = 'ended', status_until = NULL, status_next = NULL,
        ended_at = (p_set->>'at')::bigint, ended_because = p_set->>'because', due_at = (p_set->>'due_at')::bigint
    WHERE s.tenant = p_tenant AND s.user = (p_set->>'user')::uuid AND status = 'open'
        AND id IS DISTINCT FROM (p_set->>'except')::uuid;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

-- A ticket that is open holds a key that says so, and gives it back here.
CREATE FUNCTION tenure_end_tickets(p_tenant uuid, p_set jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_count bigint;
BEGIN
    DELETE FROM tenure_key k
    WHERE k.tenant = p_tenant AND k.kind = 'ticket' AND k.space = 'open_ticket' AND k.id IN (
        SELECT t.id FROM tenure_ticket t
        WHERE t.tenant = p_tenant AND t.user = (p_set->>'user')::uuid AND t.status = 'open'
            AND (p_set->>'purpose' IS NULL OR t.purpose = p_set->>'purpose'));
    UPDATE tenure_ticket t
    SET version = version + 1, body = jsonb_set(body::jsonb, '{state}', p_set->'state')::text,
        status = 'ended', status_until = NULL, status_next = NULL, due_at = (p_set->>'due_at')::bigint
    WHERE t.tenant = p_tenant AND t.user = (p_set->>'user')::uuid AND status = 'open'
        AND (p_set->>'purpose' IS NULL OR purpose = p_set->>'purpose');
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

CREATE FUNCTION tenure_revoke_api_keys(p_tenant uuid, p_set jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_count bigint;
BEGIN
    UPDATE tenure_api_key k
    SET version = version + 1, body = jsonb_set(body::jsonb, '{state}', p_set->'state')::text,
        status = 'revoked', status_until = NULL, status_next = NULL,
        revoked_at = (p_set->>'at')::bigint, due_at = (p_set->>'due_at')::bigint
    WHERE k.tenant = p_tenant AND k.user = (p_set->>'user')::uuid AND status = 'open';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

-- The supervisor stands in the body as `"supervisor":"…"`, which no text in it can contain: replaced there without taking a
-- hundred thousand bodies apart.
CREATE FUNCTION tenure_move_reports(p_tenant uuid, p_set jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    c_from CONSTANT text := format('"supervisor":"%s"', p_set->>'from');
    c_to CONSTANT text := format('"supervisor":%s', (p_set->'to')::text);
    v_count bigint;
BEGIN
    UPDATE tenure_employee
    SET version = version + 1, supervisor = (p_set->>'to')::uuid, linked = true,
        body = CASE WHEN strpos(body, c_from) > 0 THEN replace(body, c_from, c_to)
                    ELSE jsonb_set(body::jsonb, '{supervisor}', p_set->'to')::text END
    WHERE tenant = p_tenant AND supervisor = (p_set->>'from')::uuid
        AND id IS DISTINCT FROM (p_set->>'except')::uuid;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

CREATE FUNCTION tenure_count(p_tenant uuid, p_count jsonb, p_step int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_counter text := p_count->>'counter';
    v_value numeric;
BEGIN
    SELECT value INTO v_value FROM tenure_counter WHERE tenant = p_tenant AND counter = v_counter;
    v_value := coalesce(v_value, 0) + (p_count->>'delta')::bigint;
    v_value := least(greatest(v_value, -9223372036854775808), 9223372036854775807);
    IF v_value < (p_count->>'at_least')::bigint OR v_value > (p_count->>'at_most')::bigint THEN
        PERFORM tenure_refuse(jsonb_build_object('out_of_bounds',
            jsonb_build_object('step', p_step, 'value', v_value::bigint)));
    END IF;
    INSERT INTO tenure_counter (tenant, counter, value) VALUES (p_tenant, v_counter, v_value::bigint)
    ON CONFLICT (tenant, counter) DO UPDATE SET value = EXCLUDED.value;
END
$$;

-- Refuses where a record is not at a version; null: where it exists at all.
CREATE FUNCTION tenure_expect(p_tenant uuid, p_of jsonb, p_version bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF tenure_version(p_tenant, p_of->>'kind', (p_of->>'id')::uuid) IS DISTINCT FROM p_version THEN
        PERFORM tenure_refuse(jsonb_build_object('conflict',
            jsonb_build_object('kind', p_of->>'kind', 'id', p_of->>'id')));
    END IF;
END
$$;

-- Law 4, when all is written: first what is named and missing, then what is gone and still named.
CREATE FUNCTION tenure_check_references(p_tenant uuid, p_plan jsonb, p_removed jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_named record;
    v_removed jsonb;
    v_from uuid;
BEGIN
    PERFORM tenure_check_named(p_tenant, p_plan->'named');
    FOR v_named IN
        SELECT value AS link FROM jsonb_array_elements(p_plan->'steps')
        WHERE value->>'do' = 'move_reports' AND value->>'to' IS NOT NULL
    LOOP
        IF tenure_version(p_tenant, 'employee', (v_named.link->>'to')::uuid) IS NULL THEN
            SELECT id INTO v_from FROM tenure_employee
            WHERE tenant = p_tenant AND supervisor = (v_named.link->>'to')::uuid ORDER BY id LIMIT 1;
            IF FOUND THEN
                PERFORM tenure_refuse(jsonb_build_object('moved_to_none',
                    jsonb_build_object('from', v_from, 'to', v_named.link->>'to')));
            END IF;
        END IF;
    END LOOP;
    FOR v_removed IN SELECT value FROM jsonb_array_elements(p_removed) LOOP
        IF tenure_version(p_tenant, v_removed->>'kind', (v_removed->>'id')::uuid) IS NULL THEN
            PERFORM tenure_check_unused(p_tenant, v_removed->>'kind', (v_removed->>'id')::uuid);
        END IF;
    END LOOP;
END
$$;

-- Writes the events behind the tenant's last one, with the counts of set changes filled in.
CREATE FUNCTION tenure_log(p_tenant uuid, p_id uuid, p_events jsonb, p_touched bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_count bigint := jsonb_array_length(p_events);
    v_seq bigint;
BEGIN
    IF v_count = 0 THEN
        RETURN;
    END IF;
    UPDATE tenure_head SET seq = seq + v_count WHERE tenant = p_tenant RETURNING seq - v_count INTO v_seq;
    INSERT INTO tenure_event
        (tenant, seq, commit_id, at, name, actor, actor_user, subject_kind, subject, affected, body)
    SELECT p_tenant, v_seq + n, p_id, (e->>'at')::bigint, e->>'name', e->>'actor', (e->>'actor_user')::uuid,
        e->>'subject_kind', (e->>'subject')::uuid, coalesce((e->>'affected')::bigint, counted),
        CASE WHEN counted IS NULL THEN e->>'body'
             ELSE jsonb_set((e->>'body')::jsonb, '{affected}', jsonb_build_object('records', counted))::text END
    FROM (
        SELECT e, n, CASE WHEN e->>'by_change' IS NOT NULL
                          THEN coalesce(p_touched[(e->>'by_change')::int + 1], 0) END AS counted
        FROM jsonb_array_elements(p_events) WITH ORDINALITY AS events (e, n)
    ) AS events;
END
$$;

-- A login of a user, where it is later than the last.
CREATE FUNCTION tenure_note_login(p_tenant uuid, p_do jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenure_user
    SET last_login_at = (p_do->>'seen_at')::bigint, body = jsonb_set(body::jsonb, '{last_login_at}', p_do->'seen')::text
    WHERE tenant = p_tenant AND id = (p_do->>'id')::uuid
        AND (last_login_at IS NULL OR last_login_at < (p_do->>'seen_at')::bigint);
    IF FOUND THEN
        UPDATE tenure_user_login SET last_login_key = (p_do->>'seen_key')::bytea
        WHERE tenant = p_tenant AND id = (p_do->>'id')::uuid;
    END IF;
END
$$;

-- One commit, whole, in the order that the contract lays down. Gives the answer as JSON. Its parts stand in 0001_bulk.sql.
CREATE FUNCTION tenure_write_commit(p_tenant uuid, p_id uuid, p_at bigint, p_fingerprint bytea, p_plan jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_answer text;
    v_touched bigint[];
    v_removed jsonb;
BEGIN
    v_answer := tenure_begin_commit(p_tenant, p_id, p_at, p_fingerprint, (p_plan->>'only_touches')::boolean);
    IF v_answer IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    PERFORM tenure_guards(p_tenant, p_plan->'guards');
    SELECT touched, removed INTO v_touched, v_removed FROM tenure_steps(p_tenant, p_plan->'steps');
    PERFORM tenure_check_references(p_tenant, p_plan, v_removed);
    PERFORM tenure_log(p_tenant, p_id, p_plan->'events', v_touched);
    v_answer := jsonb_build_object('touched', to_jsonb(v_touched[1:(p_plan->>'changes')::int]))::text;
    PERFORM tenure_end_commit(p_tenant, p_id, p_at, p_fingerprint, v_answer);
    RETURN v_answer;
END
$$;
