-- SPDX-License-Identifier: Apache-2.0
-- See store/guards.py and store/walls.py.

CREATE FUNCTION skontro_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$

CREATE FUNCTION skontro_refuse_once_open() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry) THEN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER account_stays BEFORE DELETE OR TRUNCATE ON account
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('account: rows are never deleted')

CREATE TRIGGER account_is_kept BEFORE UPDATE ON account
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('account: rows are never changed')

CREATE TRIGGER act_stays BEFORE DELETE OR TRUNCATE ON act
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('act: rows are never deleted')

CREATE TRIGGER act_is_kept BEFORE UPDATE OF "id", "kind", "content", "digest", "maker" ON act
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('act: only state, outcome, made_at, signature may change')

CREATE TRIGGER act_begins AFTER INSERT ON act
FOR EACH ROW WHEN (NEW.state <> 'drafted' AND NEW.state <> 'proposed')
EXECUTE FUNCTION skontro_refuse_once_open('act: no row begins in this state')

CREATE TRIGGER act_moves BEFORE UPDATE OF state ON act
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'drafted' THEN NEW.state = 'proposed' OR NEW.state = 'withdrawn'
WHEN 'proposed' THEN NEW.state = 'done' OR NEW.state = 'refused' OR NEW.state = 'withdrawn'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('act: its state does not move so')

CREATE FUNCTION act_by_right() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id WHERE person.id = NEW.maker AND person.state = 'active' AND person_right."right" = NEW.kind)) THEN
    RAISE EXCEPTION 'act: the maker has no right to it' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER act_by_right BEFORE INSERT ON act
FOR EACH ROW EXECUTE FUNCTION act_by_right()

CREATE TRIGGER act_signed_once BEFORE UPDATE OF signature, made_at ON act
FOR EACH ROW WHEN (OLD.state <> 'drafted' OR NEW.state <> 'proposed')
EXECUTE FUNCTION skontro_refuse('act: what is signed stays as it was signed')

CREATE FUNCTION act_done_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW.state = 'done' AND NOT EXISTS (SELECT 1 FROM approval WHERE act_id = NEW.id)) THEN
    RAISE EXCEPTION 'act: it is not approved' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER act_done_by_two BEFORE UPDATE OF state ON act
FOR EACH ROW EXECUTE FUNCTION act_done_by_two()

CREATE TRIGGER agency_stays BEFORE DELETE OR TRUNCATE ON agency
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('agency: rows are never deleted')

CREATE TRIGGER agency_is_kept BEFORE UPDATE OF "agent", "participant", "from_day", "act_id" ON agency
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('agency: only until_day may change')

CREATE FUNCTION agency_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('agency.change') AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'agency: two people let an agent file' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER agency_by_two BEFORE INSERT ON agency
FOR EACH ROW EXECUTE FUNCTION agency_by_two()

CREATE TRIGGER agreement_stays BEFORE DELETE OR TRUNCATE ON agreement
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('agreement: rows are never deleted')

CREATE TRIGGER agreement_is_kept BEFORE UPDATE OF "participant", "agreement", "version", "law", "opinion", "signatories", "from_day", "act_id" ON agreement
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('agreement: only until_day may change')

CREATE FUNCTION agreement_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('participant.admit', 'participant.change') AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'agreement: two people take an agreement in' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER agreement_by_two BEFORE INSERT ON agreement
FOR EACH ROW EXECUTE FUNCTION agreement_by_two()

CREATE TRIGGER approval_stays BEFORE DELETE OR TRUNCATE ON approval
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('approval: rows are never deleted')

CREATE TRIGGER approval_is_kept BEFORE UPDATE ON approval
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('approval: rows are never changed')

CREATE FUNCTION approval_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM act WHERE id = NEW.act_id AND state = 'proposed')) THEN
    RAISE EXCEPTION 'approval: the act is not proposed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER approval_in_time BEFORE INSERT ON approval
FOR EACH ROW EXECUTE FUNCTION approval_in_time()

CREATE FUNCTION approval_by_right() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id WHERE person.id = NEW.checker AND person.state = 'active' AND person_right."right" = NEW.kind)) THEN
    RAISE EXCEPTION 'approval: the checker has no right to it' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER approval_by_right BEFORE INSERT ON approval
FOR EACH ROW EXECUTE FUNCTION approval_by_right()

CREATE TRIGGER audit_entry_stays BEFORE DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('audit_entry: rows are never deleted')

CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('audit_entry: rows are never changed')

CREATE TRIGGER balance_seal_stays BEFORE DELETE OR TRUNCATE ON balance_seal
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('balance_seal: rows are never deleted')

CREATE TRIGGER balance_seal_is_kept BEFORE UPDATE ON balance_seal
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('balance_seal: rows are never changed')

CREATE TRIGGER bank_details_stays BEFORE DELETE OR TRUNCATE ON bank_details
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_details: rows are never deleted')

CREATE TRIGGER bank_details_is_kept BEFORE UPDATE ON bank_details
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_details: rows are never changed')

CREATE FUNCTION bank_details_details_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."details_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."details_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'bank_details: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER bank_details_details_act_in_time BEFORE INSERT ON bank_details
FOR EACH ROW EXECUTE FUNCTION bank_details_details_act_in_time()

CREATE TRIGGER bank_file_stays BEFORE DELETE OR TRUNCATE ON bank_file
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_file: rows are never deleted')

CREATE TRIGGER bank_file_is_kept BEFORE UPDATE ON bank_file
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_file: rows are never changed')

CREATE TRIGGER bank_line_stays BEFORE DELETE OR TRUNCATE ON bank_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_line: rows are never deleted')

CREATE TRIGGER bank_line_is_kept BEFORE UPDATE OF "id", "side", "currency", "name" ON bank_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_line: only amount_minor, day, telling, digest, outcome, why may change')

CREATE TRIGGER bank_sheet_stays BEFORE DELETE OR TRUNCATE ON bank_sheet
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_sheet: rows are never deleted')

CREATE TRIGGER bank_sheet_is_kept BEFORE UPDATE OF "id", "file", "digest", "side", "currency", "kind", "name", "day", "number", "page", "is_last", "opening_minor", "closing_minor", "booked_minor" ON bank_sheet
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_sheet: only created_at may change')

CREATE TRIGGER bank_sighting_stays BEFORE DELETE OR TRUNCATE ON bank_sighting
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_sighting: rows are never deleted')

CREATE TRIGGER bank_sighting_is_kept BEFORE UPDATE ON bank_sighting
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_sighting: rows are never changed')

CREATE TRIGGER bank_status_stays BEFORE DELETE OR TRUNCATE ON bank_status
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_status: rows are never deleted')

CREATE TRIGGER bank_status_is_kept BEFORE UPDATE OF "id", "file", "kind", "end_to_end", "batch", "status", "code" ON bank_status
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('bank_status: only outcome, why may change')

CREATE FUNCTION bank_status_settled_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (OLD.outcome <> NEW.outcome AND (OLD.outcome = 'doubt' OR NEW.outcome = 'settled') AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.state = 'proposed' AND act.kind = 'doubt.settle')) THEN
    RAISE EXCEPTION 'bank_status: two people say which answer of a bank is right' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER bank_status_settled_by_two BEFORE UPDATE OF outcome ON bank_status
FOR EACH ROW EXECUTE FUNCTION bank_status_settled_by_two()

CREATE TRIGGER border_leg_stays BEFORE DELETE OR TRUNCATE ON border_leg
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('border_leg: rows are never deleted')

CREATE TRIGGER border_leg_is_kept BEFORE UPDATE OF "number", "cycle", "side", "other_side", "before_minor", "flow_minor", "position_minor", "quota_owing_minor", "quota_owed_minor", "hard_minor", "carried_minor", "hard_other_minor", "carried_other_minor" ON border_leg
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('border_leg: only state may change')

CREATE TRIGGER border_leg_moves BEFORE UPDATE OF state ON border_leg
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'planned' THEN NEW.state = 'booked'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('border_leg: its state does not move so')

CREATE TRIGGER border_payment_stays BEFORE DELETE OR TRUNCATE ON border_payment
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('border_payment: rows are never deleted')

CREATE TRIGGER border_payment_is_kept BEFORE UPDATE OF "id", "cycle", "debtor_side", "creditor_side", "amount_minor", "debtor_currency", "debtor_minor", "creditor_currency", "creditor_minor", "reference", "instead_of" ON border_payment
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('border_payment: only state, sent_minor, arrived_minor, release_act, release_act_kind may change')

CREATE TRIGGER border_payment_begins AFTER INSERT ON border_payment
FOR EACH ROW WHEN (NEW.state <> 'ready' AND NEW.state <> 'released')
EXECUTE FUNCTION skontro_refuse_once_open('border_payment: no row begins in this state')

CREATE TRIGGER border_payment_moves BEFORE UPDATE OF state ON border_payment
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'arrived' THEN NEW.state = 'released'
WHEN 'ready' THEN NEW.state = 'released' OR NEW.state = 'stopped'
WHEN 'released' THEN NEW.state = 'arrived' OR NEW.state = 'returned'
WHEN 'returned' THEN NEW.state = 'released'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('border_payment: its state does not move so')

CREATE FUNCTION border_payment_release_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed') AND NOT EXISTS (SELECT 1 FROM left_payment WHERE end_to_end = NEW.reference AND amount_minor = NEW.debtor_minor AND resume_act = NEW.release_act)) THEN
    RAISE EXCEPTION 'border_payment: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER border_payment_release_act_in_time BEFORE INSERT ON border_payment
FOR EACH ROW EXECUTE FUNCTION border_payment_release_act_in_time()

CREATE FUNCTION border_payment_release_act_put_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'border_payment: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER border_payment_release_act_put_in_time BEFORE UPDATE OF "release_act" ON border_payment
FOR EACH ROW EXECUTE FUNCTION border_payment_release_act_put_in_time()

CREATE TRIGGER border_quota_stays BEFORE DELETE OR TRUNCATE ON border_quota
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('border_quota: rows are never deleted')

CREATE TRIGGER border_quota_is_kept BEFORE UPDATE ON border_quota
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('border_quota: rows are never changed')

CREATE FUNCTION border_quota_quota_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."quota_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."quota_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'border_quota: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER border_quota_quota_act_in_time BEFORE INSERT ON border_quota
FOR EACH ROW EXECUTE FUNCTION border_quota_quota_act_in_time()

CREATE TRIGGER case_event_stays BEFORE DELETE OR TRUNCATE ON case_event
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('case_event: rows are never deleted')

CREATE TRIGGER case_event_is_kept BEFORE UPDATE ON case_event
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('case_event: rows are never changed')

CREATE TRIGGER customs_file_stays BEFORE DELETE OR TRUNCATE ON customs_file
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('customs_file: rows are never deleted')

CREATE TRIGGER customs_file_is_kept BEFORE UPDATE ON customs_file
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('customs_file: rows are never changed')

CREATE FUNCTION customs_file_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM customs_file) OR EXISTS (SELECT 1 FROM customs_file WHERE side = NEW.side AND dated > NEW.dated)) THEN
    RAISE EXCEPTION 'customs_file: one follows the other, and none is older than the last' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER customs_file_follows BEFORE INSERT ON customs_file
FOR EACH ROW EXECUTE FUNCTION customs_file_follows()

CREATE FUNCTION customs_file_by_compliance() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id WHERE person.id = NEW.imported_by AND person.state = 'active' AND person_right."right" = 'case.decide')) THEN
    RAISE EXCEPTION 'customs_file: it comes in through compliance' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER customs_file_by_compliance BEFORE INSERT ON customs_file
FOR EACH ROW EXECUTE FUNCTION customs_file_by_compliance()

CREATE TRIGGER customs_use_stays BEFORE DELETE OR TRUNCATE ON customs_use
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('customs_use: rows are never deleted')

CREATE TRIGGER customs_use_is_kept BEFORE UPDATE ON customs_use
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('customs_use: rows are never changed')

CREATE FUNCTION customs_use_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM customs_use) OR (NEW.kind = 'use' AND 4 * ((SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor ELSE -value_minor END), 0) FROM customs_use WHERE reference = NEW.reference) + NEW.value_minor) > 5 * coalesce((SELECT CASE cancelled WHEN 1 THEN 0 ELSE value_minor END FROM declaration WHERE reference = NEW.reference AND customs_file = (SELECT max(customs_file) FROM declaration WHERE reference = NEW.reference)), 0)) OR (NEW.kind = 'give_back' AND (SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor ELSE -value_minor END), 0) FROM customs_use WHERE reference = NEW.reference AND obligation = NEW.obligation) < NEW.value_minor)) THEN
    RAISE EXCEPTION 'customs_use: a declaration is used once, and for no more than was declared' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER customs_use_fits BEFORE INSERT ON customs_use
FOR EACH ROW EXECUTE FUNCTION customs_use_fits()

CREATE TRIGGER cycle_stays BEFORE DELETE OR TRUNCATE ON cycle
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('cycle: rows are never deleted')

CREATE TRIGGER cycle_is_kept BEFORE UPDATE OF "id", "number", "opened_at", "rules_version" ON cycle
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('cycle: only state, paused, business_day, cut_off_at, window_ends_at, pay_in_deadline, frozen_digest, planned_run may change')

CREATE TRIGGER cycle_begins AFTER INSERT ON cycle
FOR EACH ROW WHEN (NEW.state <> 'open')
EXECUTE FUNCTION skontro_refuse_once_open('cycle: no row begins in this state')

CREATE TRIGGER cycle_moves BEFORE UPDATE OF state ON cycle
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'correcting' THEN NEW.state = 'irrevocable'
WHEN 'entered' THEN NEW.state = 'correcting'
WHEN 'final' THEN NEW.state = 'instructed'
WHEN 'instructed' THEN NEW.state = 'planned'
WHEN 'irrevocable' THEN NEW.state = 'final'
WHEN 'open' THEN NEW.state = 'entered'
WHEN 'planned' THEN NEW.state = 'settled'
WHEN 'settled' THEN NEW.state = 'closed'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('cycle: its state does not move so')

CREATE FUNCTION cycle_is_final_by_its_run() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW.state = 'final' AND NOT EXISTS (SELECT 1 FROM run WHERE cycle = NEW.id AND kind = 'final')) THEN
    RAISE EXCEPTION 'cycle: there is no final run' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER cycle_is_final_by_its_run BEFORE UPDATE OF state ON cycle
FOR EACH ROW EXECUTE FUNCTION cycle_is_final_by_its_run()

CREATE TRIGGER cycle_is_frozen BEFORE UPDATE OF frozen_digest ON cycle
FOR EACH ROW WHEN (OLD.state NOT IN ('open', 'entered', 'correcting'))
EXECUTE FUNCTION skontro_refuse('cycle: its set is bound')

CREATE TRIGGER cycle_member_stays BEFORE DELETE OR TRUNCATE ON cycle_member
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('cycle_member: rows are never deleted')

CREATE TRIGGER cycle_member_is_kept BEFORE UPDATE OF "cycle", "obligation", "open_minor", "content_digest", "verdict_id", "verdict_kind", "verdict_outcome" ON cycle_member
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('cycle_member: only left_why, left_act may change')

CREATE FUNCTION cycle_member_enters() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM obligation JOIN cycle ON cycle.id = fresh.cycle WHERE obligation.number = fresh.obligation AND obligation.content_digest = fresh.content_digest AND obligation.open_minor = fresh.open_minor AND obligation.state = 'confirmed' AND cycle.state = 'open'))) THEN
    RAISE EXCEPTION 'cycle_member: only what is confirmed, as it stands, enters a cycle that is open' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER cycle_member_enters AFTER INSERT ON cycle_member
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cycle_member_enters()

CREATE FUNCTION cycle_member_leaves() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (OLD.left_why IS NOT NULL OR NEW.left_why IS NULL OR (NEW.left_why <> 'house review' AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.left_act AND act.kind IN ('cycle.correct', 'participant.default') AND act.state = 'proposed')) OR NOT EXISTS (SELECT 1 FROM cycle WHERE id = NEW.cycle AND state IN ('entered', 'correcting', 'irrevocable'))) THEN
    RAISE EXCEPTION 'cycle_member: it leaves by two people or the gate, before the final run, once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER cycle_member_leaves BEFORE UPDATE OF left_why, left_act ON cycle_member
FOR EACH ROW EXECUTE FUNCTION cycle_member_leaves()

CREATE TRIGGER cycle_step_stays BEFORE DELETE OR TRUNCATE ON cycle_step
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('cycle_step: rows are never deleted')

CREATE TRIGGER cycle_step_is_kept BEFORE UPDATE ON cycle_step
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('cycle_step: rows are never changed')

CREATE TRIGGER declaration_stays BEFORE DELETE OR TRUNCATE ON declaration
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('declaration: rows are never deleted')

CREATE TRIGGER declaration_is_kept BEFORE UPDATE ON declaration
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('declaration: rows are never changed')

CREATE FUNCTION declaration_of_the_last() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM customs_file WHERE id = fresh.customs_file AND id = (SELECT max(id) FROM customs_file) AND fresh.position BETWEEN 1 AND declarations))) THEN
    RAISE EXCEPTION 'declaration: a customs file has the declarations it came with' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER declaration_of_the_last AFTER INSERT ON declaration
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION declaration_of_the_last()

CREATE TRIGGER default_case_stays BEFORE DELETE OR TRUNCATE ON default_case
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('default_case: rows are never deleted')

CREATE TRIGGER default_case_is_kept BEFORE UPDATE OF "participant", "reason", "opened_at", "known_at", "standing", "default_act", "default_act_kind" ON default_case
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('default_case: only estate_act, estate_act_kind may change')

CREATE FUNCTION default_case_default_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."default_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."default_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'default_case: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER default_case_default_act_in_time BEFORE INSERT ON default_case
FOR EACH ROW EXECUTE FUNCTION default_case_default_act_in_time()

CREATE FUNCTION default_case_estate_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."estate_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."estate_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'default_case: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER default_case_estate_act_in_time BEFORE INSERT ON default_case
FOR EACH ROW EXECUTE FUNCTION default_case_estate_act_in_time()

CREATE FUNCTION default_case_estate_act_put_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW."estate_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."estate_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'default_case: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER default_case_estate_act_put_in_time BEFORE UPDATE OF "estate_act" ON default_case
FOR EACH ROW EXECUTE FUNCTION default_case_estate_act_put_in_time()

CREATE TRIGGER delivery_stays BEFORE DELETE OR TRUNCATE ON delivery
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('delivery: rows are never deleted')

CREATE TRIGGER delivery_is_kept BEFORE UPDATE OF "number", "webhook", "event", "again", "kind", "body", "made_at" ON delivery
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('delivery: only state, due_at, taken_by, lease_until, attempts, ended_at may change')

CREATE TRIGGER delivery_begins AFTER INSERT ON delivery
FOR EACH ROW WHEN (NEW.state <> 'waiting')
EXECUTE FUNCTION skontro_refuse_once_open('delivery: no row begins in this state')

CREATE TRIGGER delivery_moves BEFORE UPDATE OF state ON delivery
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'waiting' THEN NEW.state = 'delivered' OR NEW.state = 'failed'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('delivery: its state does not move so')

CREATE TRIGGER delivery_try_stays BEFORE DELETE OR TRUNCATE ON delivery_try
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('delivery_try: rows are never deleted')

CREATE TRIGGER delivery_try_is_kept BEFORE UPDATE ON delivery_try
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('delivery_try: rows are never changed')

CREATE TRIGGER discharge_stays BEFORE DELETE OR TRUNCATE ON discharge
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('discharge: rows are never deleted')

CREATE TRIGGER discharge_is_kept BEFORE UPDATE ON discharge
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('discharge: rows are never changed')

CREATE FUNCTION discharge_by_its_run() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM run JOIN cycle ON cycle.id = run.cycle WHERE run.id = fresh.run AND (run.kind = 'final' AND cycle.state = 'irrevocable' OR run.kind = 'recast' AND cycle.state = 'instructed' OR run.kind = 'preliminary' AND cycle.state IN ('entered', 'correcting'))))) THEN
    RAISE EXCEPTION 'discharge: a run that is published stays as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER discharge_by_its_run AFTER INSERT ON discharge
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION discharge_by_its_run()

CREATE TRIGGER document_stays BEFORE DELETE OR TRUNCATE ON document
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('document: rows are never deleted')

CREATE TRIGGER document_is_kept BEFORE UPDATE ON document
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('document: rows are never changed')

CREATE TRIGGER document_tax_stays BEFORE DELETE OR TRUNCATE ON document_tax
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('document_tax: rows are never deleted')

CREATE TRIGGER document_tax_is_kept BEFORE UPDATE ON document_tax
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('document_tax: rows are never changed')

CREATE TRIGGER filing_stays BEFORE DELETE OR TRUNCATE ON filing
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('filing: rows are never deleted')

CREATE TRIGGER filing_is_kept BEFORE UPDATE ON filing
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('filing: rows are never changed')

CREATE TRIGGER fixing_stays BEFORE DELETE OR TRUNCATE ON fixing
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('fixing: rows are never deleted')

CREATE TRIGGER fixing_is_kept BEFORE UPDATE ON fixing
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('fixing: rows are never changed')

CREATE FUNCTION fixing_fixing_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."fixing_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."fixing_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'fixing: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER fixing_fixing_act_in_time BEFORE INSERT ON fixing
FOR EACH ROW EXECUTE FUNCTION fixing_fixing_act_in_time()

CREATE TRIGGER flag_look_stays BEFORE DELETE OR TRUNCATE ON flag_look
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('flag_look: rows are never deleted')

CREATE TRIGGER flag_look_is_kept BEFORE UPDATE ON flag_look
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('flag_look: rows are never changed')

CREATE FUNCTION flag_look_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM flag_look)) THEN
    RAISE EXCEPTION 'flag_look: one follows the other' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER flag_look_follows BEFORE INSERT ON flag_look
FOR EACH ROW EXECUTE FUNCTION flag_look_follows()

CREATE TRIGGER gate_case_stays BEFORE DELETE OR TRUNCATE ON gate_case
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('gate_case: rows are never deleted')

CREATE TRIGGER gate_case_is_kept BEFORE UPDATE OF "id", "subject_kind", "subject", "about", "subject_digest", "list_name", "entry", "entry_digest", "score", "evidence", "opened_at" ON gate_case
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('gate_case: only state, decision_act, decision_act_kind may change')

CREATE TRIGGER gate_case_begins AFTER INSERT ON gate_case
FOR EACH ROW WHEN (NEW.state <> 'open')
EXECUTE FUNCTION skontro_refuse_once_open('gate_case: no row begins in this state')

CREATE TRIGGER gate_case_moves BEFORE UPDATE OF state ON gate_case
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'cleared' THEN NEW.state = 'confirmed'
WHEN 'confirmed' THEN NEW.state = 'released'
WHEN 'open' THEN NEW.state = 'cleared' OR NEW.state = 'confirmed'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('gate_case: its state does not move so')

CREATE FUNCTION gate_case_decision_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."decision_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."decision_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'gate_case: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER gate_case_decision_act_in_time BEFORE INSERT ON gate_case
FOR EACH ROW EXECUTE FUNCTION gate_case_decision_act_in_time()

CREATE FUNCTION gate_case_decision_act_put_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW."decision_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."decision_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'gate_case: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER gate_case_decision_act_put_in_time BEFORE UPDATE OF "decision_act" ON gate_case
FOR EACH ROW EXECUTE FUNCTION gate_case_decision_act_put_in_time()

CREATE TRIGGER gate_case_decided_anew BEFORE UPDATE OF state ON gate_case
FOR EACH ROW WHEN (NEW.state <> OLD.state AND OLD.decision_act = NEW.decision_act)
EXECUTE FUNCTION skontro_refuse('gate_case: each decision takes an act of its own')

CREATE TRIGGER gate_setting_stays BEFORE DELETE OR TRUNCATE ON gate_setting
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('gate_setting: rows are never deleted')

CREATE TRIGGER gate_setting_is_kept BEFORE UPDATE ON gate_setting
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('gate_setting: rows are never changed')

CREATE FUNCTION gate_setting_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM gate_setting)) THEN
    RAISE EXCEPTION 'gate_setting: one follows the other' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER gate_setting_follows BEFORE INSERT ON gate_setting
FOR EACH ROW EXECUTE FUNCTION gate_setting_follows()

CREATE TRIGGER house_stays BEFORE DELETE OR TRUNCATE ON house
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('house: rows are never deleted')

CREATE TRIGGER house_is_kept BEFORE UPDATE OF "id", "name", "kind", "unit", "opened_at" ON house
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('house: only clock_at, read_only may change')

CREATE FUNCTION house_is_one() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (EXISTS (SELECT 1 FROM house)) THEN
    RAISE EXCEPTION 'house: there is one here already' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER house_is_one BEFORE INSERT ON house
FOR EACH ROW EXECUTE FUNCTION house_is_one()

CREATE FUNCTION house_resumes_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW.read_only < OLD.read_only AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.kind = 'house.resume' AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'house: two people let it resume' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER house_resumes_by_two BEFORE UPDATE OF read_only ON house
FOR EACH ROW EXECUTE FUNCTION house_resumes_by_two()

CREATE TRIGGER house_key_stays BEFORE DELETE OR TRUNCATE ON house_key
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('house_key: rows are never deleted')

CREATE TRIGGER house_key_is_kept BEFORE UPDATE OF "id", "public_key", "since" ON house_key
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('house_key: only until may change')

CREATE TRIGGER house_rules_stays BEFORE DELETE OR TRUNCATE ON house_rules
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('house_rules: rows are never deleted')

CREATE TRIGGER house_rules_is_kept BEFORE UPDATE ON house_rules
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('house_rules: rows are never changed')

CREATE FUNCTION house_rules_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('rules.change') AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'house_rules: two people change the rules' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER house_rules_by_two BEFORE INSERT ON house_rules
FOR EACH ROW EXECUTE FUNCTION house_rules_by_two()

CREATE TRIGGER job_stays BEFORE DELETE OR TRUNCATE ON job
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('job: rows are never deleted')

CREATE TRIGGER job_is_kept BEFORE UPDATE OF "number", "kind", "subject", "content", "asked_by", "asked_at" ON job
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('job: only state, stage, permille, due_at, began_at, ended_at, taken_by, lease_until, attempts, code, message, result may change')

CREATE TRIGGER job_begins AFTER INSERT ON job
FOR EACH ROW WHEN (NEW.state <> 'waiting')
EXECUTE FUNCTION skontro_refuse_once_open('job: no row begins in this state')

CREATE TRIGGER job_moves BEFORE UPDATE OF state ON job
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'failed' THEN NEW.state = 'waiting'
WHEN 'running' THEN NEW.state = 'done' OR NEW.state = 'failed' OR NEW.state = 'waiting'
WHEN 'waiting' THEN NEW.state = 'failed' OR NEW.state = 'running'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('job: its state does not move so')

CREATE TRIGGER journal_entry_stays BEFORE DELETE OR TRUNCATE ON journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('journal_entry: rows are never deleted')

CREATE TRIGGER journal_entry_is_kept BEFORE UPDATE ON journal_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('journal_entry: rows are never changed')

CREATE FUNCTION journal_entry_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM journal_entry) OR (NEW.number > 1 AND NEW.previous_hash <> (SELECT hash FROM journal_entry WHERE number = NEW.number - 1))) THEN
    RAISE EXCEPTION 'journal_entry: entries follow each other' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER journal_entry_follows BEFORE INSERT ON journal_entry
FOR EACH ROW EXECUTE FUNCTION journal_entry_follows()

CREATE TRIGGER left_payment_stays BEFORE DELETE OR TRUNCATE ON left_payment
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('left_payment: rows are never deleted')

CREATE TRIGGER left_payment_is_kept BEFORE UPDATE ON left_payment
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('left_payment: rows are never changed')

CREATE FUNCTION left_payment_resume_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."resume_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."resume_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'left_payment: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER left_payment_resume_act_in_time BEFORE INSERT ON left_payment
FOR EACH ROW EXECUTE FUNCTION left_payment_resume_act_in_time()

CREATE TRIGGER licence_stays BEFORE DELETE OR TRUNCATE ON licence
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('licence: rows are never deleted')

CREATE TRIGGER licence_is_kept BEFORE UPDATE ON licence
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('licence: rows are never changed')

CREATE FUNCTION licence_licence_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."licence_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."licence_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'licence: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER licence_licence_act_in_time BEFORE INSERT ON licence
FOR EACH ROW EXECUTE FUNCTION licence_licence_act_in_time()

CREATE FUNCTION licence_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM licence)) THEN
    RAISE EXCEPTION 'licence: one follows the other' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER licence_follows BEFORE INSERT ON licence
FOR EACH ROW EXECUTE FUNCTION licence_follows()

CREATE FUNCTION licence_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.licence_act AND act.kind IN ('licence.enter', 'licence.revoke') AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'licence: two people enter, change or end one' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER licence_by_two BEFORE INSERT ON licence
FOR EACH ROW EXECUTE FUNCTION licence_by_two()

CREATE TRIGGER licence_entry_stays BEFORE DELETE OR TRUNCATE ON licence_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('licence_entry: rows are never deleted')

CREATE TRIGGER licence_entry_is_kept BEFORE UPDATE ON licence_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('licence_entry: rows are never changed')

CREATE FUNCTION licence_entry_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM licence_entry) OR (NEW.kind = 'reserve' AND (SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN value_minor WHEN 'use' THEN 0 ELSE -value_minor END), 0) FROM licence_entry WHERE licence = NEW.licence) + NEW.value_minor > coalesce((SELECT CASE revoked WHEN 1 THEN 0 ELSE value_minor END FROM licence WHERE id = (SELECT max(id) FROM licence WHERE licence = NEW.licence)), 0)) OR ((NEW.kind = 'use' OR NEW.kind = 'give_back') AND (SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN value_minor WHEN 'return' THEN 0 ELSE -value_minor END), 0) FROM licence_entry WHERE licence = NEW.licence AND obligation = NEW.obligation) < NEW.value_minor) OR (NEW.kind = 'return' AND (SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor WHEN 'return' THEN -value_minor ELSE 0 END), 0) FROM licence_entry WHERE licence = NEW.licence AND obligation = NEW.obligation) < NEW.value_minor)) THEN
    RAISE EXCEPTION 'licence_entry: no more is taken of a licence than is left, or given back than was taken' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER licence_entry_fits BEFORE INSERT ON licence_entry
FOR EACH ROW EXECUTE FUNCTION licence_entry_fits()

CREATE TRIGGER list_entry_stays BEFORE DELETE OR TRUNCATE ON list_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_entry: rows are never deleted')

CREATE TRIGGER list_entry_is_kept BEFORE UPDATE ON list_entry
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_entry: rows are never changed')

CREATE FUNCTION list_entry_of_the_last() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM list_import WHERE id = fresh.list_id AND id = (SELECT max(id) FROM list_import) AND fresh.position BETWEEN 1 AND entries))) THEN
    RAISE EXCEPTION 'list_entry: a list has the entries it came with' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER list_entry_of_the_last AFTER INSERT ON list_entry
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION list_entry_of_the_last()

CREATE TRIGGER list_import_stays BEFORE DELETE OR TRUNCATE ON list_import
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_import: rows are never deleted')

CREATE TRIGGER list_import_is_kept BEFORE UPDATE ON list_import
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_import: rows are never changed')

CREATE FUNCTION list_import_smaller_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."smaller_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."smaller_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'list_import: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER list_import_smaller_act_in_time BEFORE INSERT ON list_import
FOR EACH ROW EXECUTE FUNCTION list_import_smaller_act_in_time()

CREATE FUNCTION list_import_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM list_import) OR EXISTS (SELECT 1 FROM list_import WHERE name = NEW.name AND dated > NEW.dated)) THEN
    RAISE EXCEPTION 'list_import: one follows the other, and none is older than the one in force' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER list_import_follows BEFORE INSERT ON list_import
FOR EACH ROW EXECUTE FUNCTION list_import_follows()

CREATE FUNCTION list_import_smaller_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (10 * NEW.entries < 9 * (SELECT coalesce(max(entries), 0) FROM list_import WHERE id = (SELECT max(id) FROM list_import WHERE name = NEW.name)) AND (NEW.smaller_act IS NULL OR NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.smaller_act AND act.kind IN ('list.smaller') AND act.state = 'proposed'))) THEN
    RAISE EXCEPTION 'list_import: two people let in a list that lost more than a tenth' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER list_import_smaller_by_two BEFORE INSERT ON list_import
FOR EACH ROW EXECUTE FUNCTION list_import_smaller_by_two()

CREATE FUNCTION list_import_un_floor() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW.name = 'un' AND 2 * NEW.entries < (SELECT coalesce(max(entries), 0) FROM list_import WHERE name = 'un')) THEN
    RAISE EXCEPTION 'list_import: the list of the United Nations never falls below half of what it was' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER list_import_un_floor BEFORE INSERT ON list_import
FOR EACH ROW EXECUTE FUNCTION list_import_un_floor()

CREATE TRIGGER list_retired_stays BEFORE DELETE OR TRUNCATE ON list_retired
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_retired: rows are never deleted')

CREATE TRIGGER list_retired_is_kept BEFORE UPDATE ON list_retired
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_retired: rows are never changed')

CREATE FUNCTION list_retired_retire_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."retire_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."retire_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'list_retired: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER list_retired_retire_act_in_time BEFORE INSERT ON list_retired
FOR EACH ROW EXECUTE FUNCTION list_retired_retire_act_in_time()

CREATE FUNCTION list_retired_own() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM list_import WHERE id = NEW.list_id AND substr(name, 1, 4) = 'own:' AND id = (SELECT max(later.id) FROM list_import later WHERE later.name = list_import.name))) THEN
    RAISE EXCEPTION 'list_retired: own lists may be retired while they hold, and nothing else' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER list_retired_own BEFORE INSERT ON list_retired
FOR EACH ROW EXECUTE FUNCTION list_retired_own()

CREATE TRIGGER list_text_stays BEFORE DELETE OR TRUNCATE ON list_text
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_text: rows are never deleted')

CREATE TRIGGER list_text_is_kept BEFORE UPDATE ON list_text
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('list_text: rows are never changed')

CREATE TRIGGER login_stays BEFORE DELETE OR TRUNCATE ON login
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('login: rows are never deleted')

CREATE TRIGGER login_is_kept BEFORE UPDATE OF "person" ON login
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('login: only password, enrolment, code_step, failed, locked_until, since may change')

CREATE TRIGGER money_line_stays BEFORE DELETE OR TRUNCATE ON money_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('money_line: rows are never deleted')

CREATE TRIGGER money_line_is_kept BEFORE UPDATE OF "id", "side", "currency", "bank_reference", "amount_minor", "value_day", "payer", "reference", "body_digest", "pay_out", "border_payment", "noted_at", "entry" ON money_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('money_line: only state, pay_in, matched_minor, reversed_by may change')

CREATE TRIGGER money_line_moves BEFORE UPDATE OF state ON money_line
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'matched' THEN NEW.state = 'reversed' OR NEW.state = 'suspense'
WHEN 'returned' THEN NEW.state = 'suspense'
WHEN 'suspense' THEN NEW.state = 'matched' OR NEW.state = 'returned' OR NEW.state = 'reversed'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('money_line: its state does not move so')

CREATE FUNCTION money_line_missing_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (OLD.amount_minor < 0 AND OLD.state = 'suspense' AND (NEW.state <> OLD.state OR NEW.matched_minor <> OLD.matched_minor) AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.state = 'proposed' AND act.kind IN ('suspense.assign', 'entry.reverse'))) THEN
    RAISE EXCEPTION 'money_line: two people settle what is missing' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER money_line_missing_by_two BEFORE UPDATE OF state, matched_minor ON money_line
FOR EACH ROW EXECUTE FUNCTION money_line_missing_by_two()

CREATE TRIGGER obligation_stays BEFORE DELETE OR TRUNCATE ON obligation
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation: rows are never deleted')

CREATE TRIGGER obligation_is_kept BEFORE UPDATE OF "number", "debtor", "creditor", "currency", "amount_minor", "due_day", "document", "document_day", "content_digest", "registered_at", "opposite_of" ON obligation
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation: only open_minor, state, flags, said, confirmed_at, joined_to may change')

CREATE TRIGGER obligation_begins AFTER INSERT ON obligation
FOR EACH ROW WHEN (NEW.state <> 'registered' AND NEW.state <> 'confirmed' AND NEW.state <> 'duplicate')
EXECUTE FUNCTION skontro_refuse_once_open('obligation: no row begins in this state')

CREATE TRIGGER obligation_moves BEFORE UPDATE OF state ON obligation
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'confirmed' THEN NEW.state = 'credited' OR NEW.state = 'disputed' OR NEW.state = 'duplicate' OR NEW.state = 'entered' OR NEW.state = 'expired' OR NEW.state = 'withdrawn'
WHEN 'disputed' THEN NEW.state = 'confirmed' OR NEW.state = 'credited' OR NEW.state = 'expired' OR NEW.state = 'withdrawn'
WHEN 'duplicate' THEN NEW.state = 'confirmed' OR NEW.state = 'expired' OR NEW.state = 'registered' OR NEW.state = 'withdrawn'
WHEN 'entered' THEN NEW.state = 'confirmed' OR NEW.state = 'discharged'
WHEN 'registered' THEN NEW.state = 'confirmed' OR NEW.state = 'credited' OR NEW.state = 'disputed' OR NEW.state = 'duplicate' OR NEW.state = 'expired' OR NEW.state = 'joined' OR NEW.state = 'withdrawn'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('obligation: its state does not move so')

CREATE FUNCTION obligation_of_firms() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM participant WHERE number = fresh.debtor) AND EXISTS (SELECT 1 FROM participant WHERE number = fresh.creditor))) THEN
    RAISE EXCEPTION 'obligation: debtor and creditor are firms of the house' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER obligation_of_firms AFTER INSERT ON obligation
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION obligation_of_firms()

CREATE TRIGGER obligation_falls BEFORE UPDATE OF open_minor ON obligation
FOR EACH ROW WHEN (NEW.open_minor > OLD.open_minor)
EXECUTE FUNCTION skontro_refuse('obligation: what is open never rises')

CREATE TRIGGER obligation_event_stays BEFORE DELETE OR TRUNCATE ON obligation_event
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation_event: rows are never deleted')

CREATE TRIGGER obligation_event_is_kept BEFORE UPDATE ON obligation_event
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation_event: rows are never changed')

CREATE FUNCTION obligation_event_of_one() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM obligation WHERE number = fresh.obligation))) THEN
    RAISE EXCEPTION 'obligation_event: it is of an obligation that is there' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER obligation_event_of_one AFTER INSERT ON obligation_event
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION obligation_event_of_one()

CREATE TRIGGER obligation_line_stays BEFORE DELETE OR TRUNCATE ON obligation_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation_line: rows are never deleted')

CREATE TRIGGER obligation_line_is_kept BEFORE UPDATE ON obligation_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation_line: rows are never changed')

CREATE FUNCTION obligation_line_of_one() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM obligation WHERE number = fresh.obligation))) THEN
    RAISE EXCEPTION 'obligation_line: it is of an obligation that is there' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER obligation_line_of_one AFTER INSERT ON obligation_line
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION obligation_line_of_one()

CREATE TRIGGER obligation_trade_stays BEFORE DELETE OR TRUNCATE ON obligation_trade
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation_trade: rows are never deleted')

CREATE TRIGGER obligation_trade_is_kept BEFORE UPDATE ON obligation_trade
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('obligation_trade: rows are never changed')

CREATE FUNCTION obligation_trade_of_one() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM obligation WHERE number = fresh.obligation))) THEN
    RAISE EXCEPTION 'obligation_trade: it is of an obligation that is there' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER obligation_trade_of_one AFTER INSERT ON obligation_trade
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION obligation_trade_of_one()

CREATE TRIGGER outbox_is_kept BEFORE UPDATE OF "number", "kind", "content", "at" ON outbox
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('outbox: only handled_at may change')

CREATE TRIGGER pack_stays BEFORE DELETE OR TRUNCATE ON pack
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pack: rows are never deleted')

CREATE TRIGGER pack_is_kept BEFORE UPDATE ON pack
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pack: rows are never changed')

CREATE FUNCTION pack_pack_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."pack_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."pack_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'pack: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER pack_pack_act_in_time BEFORE INSERT ON pack
FOR EACH ROW EXECUTE FUNCTION pack_pack_act_in_time()

CREATE TRIGGER participant_stays BEFORE DELETE OR TRUNCATE ON participant
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('participant: rows are never deleted')

CREATE TRIGGER participant_is_kept BEFORE UPDATE OF "number", "id", "since", "admission_act", "admission_act_kind" ON participant
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('participant: only home_currency, accepts_conversion, language, number_format, side, state, version may change')

CREATE TRIGGER participant_begins AFTER INSERT ON participant
FOR EACH ROW WHEN (NEW.state <> 'admitted')
EXECUTE FUNCTION skontro_refuse_once_open('participant: no row begins in this state')

CREATE TRIGGER participant_moves BEFORE UPDATE OF state ON participant
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'admitted' THEN NEW.state = 'defaulted' OR NEW.state = 'left' OR NEW.state = 'suspended'
WHEN 'defaulted' THEN NEW.state = 'left'
WHEN 'suspended' THEN NEW.state = 'admitted' OR NEW.state = 'defaulted' OR NEW.state = 'left'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('participant: its state does not move so')

CREATE FUNCTION participant_admission_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."admission_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."admission_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'participant: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER participant_admission_act_in_time BEFORE INSERT ON participant
FOR EACH ROW EXECUTE FUNCTION participant_admission_act_in_time()

CREATE TRIGGER pay_in_stays BEFORE DELETE OR TRUNCATE ON pay_in
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_in: rows are never deleted')

CREATE TRIGGER pay_in_is_kept BEFORE UPDATE OF "id", "cycle", "participant", "currency", "due_minor", "reference" ON pay_in
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_in: only arrived_minor, covered_minor, used_minor, state may change')

CREATE TRIGGER pay_in_begins AFTER INSERT ON pay_in
FOR EACH ROW WHEN (NEW.state <> 'called' AND NEW.state <> 'missed')
EXECUTE FUNCTION skontro_refuse_once_open('pay_in: no row begins in this state')

CREATE TRIGGER pay_in_moves BEFORE UPDATE OF state ON pay_in
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'arrived' THEN NEW.state = 'called' OR NEW.state = 'closed' OR NEW.state = 'missed'
WHEN 'called' THEN NEW.state = 'arrived' OR NEW.state = 'closed' OR NEW.state = 'missed'
WHEN 'missed' THEN NEW.state = 'arrived' OR NEW.state = 'closed'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('pay_in: its state does not move so')

CREATE TRIGGER pay_in_limit_stays BEFORE DELETE OR TRUNCATE ON pay_in_limit
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_in_limit: rows are never deleted')

CREATE TRIGGER pay_in_limit_is_kept BEFORE UPDATE ON pay_in_limit
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_in_limit: rows are never changed')

CREATE FUNCTION pay_in_limit_limit_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."limit_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."limit_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'pay_in_limit: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER pay_in_limit_limit_act_in_time BEFORE INSERT ON pay_in_limit
FOR EACH ROW EXECUTE FUNCTION pay_in_limit_limit_act_in_time()

CREATE TRIGGER pay_out_stays BEFORE DELETE OR TRUNCATE ON pay_out
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_out: rows are never deleted')

CREATE TRIGGER pay_out_is_kept BEFORE UPDATE OF "id", "cycle", "side", "currency", "amount_minor", "participant", "payee", "account", "purpose", "source", "line", "end_to_end", "content_digest", "verdict_id", "verdict_kind", "verdict_outcome" ON pay_out
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_out: only state, release_act, release_act_kind may change')

CREATE TRIGGER pay_out_begins AFTER INSERT ON pay_out
FOR EACH ROW WHEN (NEW.state <> 'ready' AND NEW.state <> 'paid')
EXECUTE FUNCTION skontro_refuse_once_open('pay_out: no row begins in this state')

CREATE TRIGGER pay_out_moves BEFORE UPDATE OF state ON pay_out
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'paid' THEN NEW.state = 'released' OR NEW.state = 'returned'
WHEN 'ready' THEN NEW.state = 'released' OR NEW.state = 'stopped'
WHEN 'released' THEN NEW.state = 'paid' OR NEW.state = 'returned'
WHEN 'returned' THEN NEW.state = 'paid' OR NEW.state = 'released'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('pay_out: its state does not move so')

CREATE FUNCTION pay_out_release_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed') AND NOT EXISTS (SELECT 1 FROM left_payment WHERE end_to_end = NEW.end_to_end AND amount_minor = NEW.amount_minor AND resume_act = NEW.release_act)) THEN
    RAISE EXCEPTION 'pay_out: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER pay_out_release_act_in_time BEFORE INSERT ON pay_out
FOR EACH ROW EXECUTE FUNCTION pay_out_release_act_in_time()

CREATE FUNCTION pay_out_release_act_put_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'pay_out: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER pay_out_release_act_put_in_time BEFORE UPDATE OF "release_act" ON pay_out
FOR EACH ROW EXECUTE FUNCTION pay_out_release_act_put_in_time()

CREATE TRIGGER pay_out_due_stays BEFORE DELETE OR TRUNCATE ON pay_out_due
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_out_due: rows are never deleted')

CREATE TRIGGER pay_out_due_is_kept BEFORE UPDATE OF "cycle", "participant", "currency", "amount_minor" ON pay_out_due
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('pay_out_due: only waits_for may change')

CREATE TRIGGER payment_file_stays BEFORE DELETE OR TRUNCATE ON payment_file
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('payment_file: rows are never deleted')

CREATE TRIGGER payment_file_is_kept BEFORE UPDATE OF "id", "cycle", "side", "currency", "message", "message_id", "digest", "record", "written_at" ON payment_file
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('payment_file: only state, release_act, release_act_kind may change')

CREATE TRIGGER payment_file_begins AFTER INSERT ON payment_file
FOR EACH ROW WHEN (NEW.state <> 'written' AND NEW.state <> 'released')
EXECUTE FUNCTION skontro_refuse_once_open('payment_file: no row begins in this state')

CREATE TRIGGER payment_file_moves BEFORE UPDATE OF state ON payment_file
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'released' THEN NEW.state = 'sent'
WHEN 'written' THEN NEW.state = 'released'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('payment_file: its state does not move so')

CREATE FUNCTION payment_file_release_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'payment_file: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER payment_file_release_act_in_time BEFORE INSERT ON payment_file
FOR EACH ROW EXECUTE FUNCTION payment_file_release_act_in_time()

CREATE FUNCTION payment_file_release_act_put_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'payment_file: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER payment_file_release_act_put_in_time BEFORE UPDATE OF "release_act" ON payment_file
FOR EACH ROW EXECUTE FUNCTION payment_file_release_act_put_in_time()

CREATE TRIGGER person_stays BEFORE DELETE OR TRUNCATE ON person
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('person: rows are never deleted')

CREATE TRIGGER person_is_kept BEFORE UPDATE OF "id", "public_key", "identity_digest", "act_id", "since" ON person
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('person: only state may change')

CREATE TRIGGER person_begins AFTER INSERT ON person
FOR EACH ROW WHEN (NEW.state <> 'active')
EXECUTE FUNCTION skontro_refuse_once_open('person: no row begins in this state')

CREATE TRIGGER person_moves BEFORE UPDATE OF state ON person
FOR EACH ROW WHEN (NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'active' THEN NEW.state = 'gone'
ELSE 1 = 0 END)
EXECUTE FUNCTION skontro_refuse('person: its state does not move so')

CREATE FUNCTION person_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('person.admit') AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'person: two people admit a person' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER person_by_two BEFORE INSERT ON person
FOR EACH ROW EXECUTE FUNCTION person_by_two()

CREATE TRIGGER person_right_is_kept BEFORE UPDATE ON person_right
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('person_right: rows are never changed')

CREATE FUNCTION person_right_by_two() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('person.admit', 'person.rights') AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'person_right: two people give a right' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER person_right_by_two BEFORE INSERT ON person_right
FOR EACH ROW EXECUTE FUNCTION person_right_by_two()

CREATE TRIGGER person_role_is_kept BEFORE UPDATE ON person_role
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('person_role: rows are never changed')

CREATE FUNCTION person_role_role_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."role_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."role_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'person_role: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER person_role_role_act_in_time BEFORE INSERT ON person_role
FOR EACH ROW EXECUTE FUNCTION person_role_role_act_in_time()

CREATE TRIGGER plan_line_stays BEFORE DELETE OR TRUNCATE ON plan_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('plan_line: rows are never deleted')

CREATE TRIGGER plan_line_is_kept BEFORE UPDATE ON plan_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('plan_line: rows are never changed')

CREATE FUNCTION plan_line_by_its_run() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM run JOIN cycle ON cycle.id = run.cycle WHERE run.id = fresh.run AND (run.kind = 'final' AND cycle.state = 'irrevocable' OR run.kind = 'recast' AND cycle.state = 'instructed' OR run.kind = 'preliminary' AND cycle.state IN ('entered', 'correcting'))))) THEN
    RAISE EXCEPTION 'plan_line: a run that is published stays as it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER plan_line_by_its_run AFTER INSERT ON plan_line
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION plan_line_by_its_run()

CREATE TRIGGER posting_stays BEFORE DELETE OR TRUNCATE ON posting
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('posting: rows are never deleted')

CREATE TRIGGER posting_is_kept BEFORE UPDATE ON posting
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('posting: rows are never changed')

CREATE FUNCTION posting_in_its_entry() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM journal_entry WHERE number = fresh.entry AND fresh.line BETWEEN 1 AND postings))) THEN
    RAISE EXCEPTION 'posting: an entry has the lines it was written with' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER posting_in_its_entry AFTER INSERT ON posting
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION posting_in_its_entry()

CREATE TRIGGER preview_stays BEFORE DELETE OR TRUNCATE ON preview
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('preview: rows are never deleted')

CREATE TRIGGER preview_is_kept BEFORE UPDATE ON preview
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('preview: rows are never changed')

CREATE TRIGGER preview_line_is_kept BEFORE UPDATE ON preview_line
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('preview_line: rows are never changed')

CREATE TRIGGER program_key_stays BEFORE DELETE OR TRUNCATE ON program_key
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('program_key: rows are never deleted')

CREATE TRIGGER program_key_is_kept BEFORE UPDATE OF "id", "secret", "label", "role", "firm", "made_by", "made_at", "ends_at" ON program_key
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('program_key: only ended_at may change')

CREATE TRIGGER program_key_ends_once BEFORE UPDATE OF ended_at ON program_key
FOR EACH ROW WHEN (OLD.ended_at <> '')
EXECUTE FUNCTION skontro_refuse('program_key: it has ended')

CREATE TRIGGER register_stays BEFORE DELETE OR TRUNCATE ON register
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('register: rows are never deleted')

CREATE TRIGGER register_is_kept BEFORE UPDATE OF "id", "subject_kind", "subject", "what", "commitment", "purpose", "since", "retain_until" ON register
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('register: only content, salt, in_force, replaced_by, erased_act, erased_act_kind may change')

CREATE FUNCTION register_erased_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."erased_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."erased_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'register: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER register_erased_act_in_time BEFORE INSERT ON register
FOR EACH ROW EXECUTE FUNCTION register_erased_act_in_time()

CREATE FUNCTION register_erased_act_put_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF (NEW."erased_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."erased_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'register: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER register_erased_act_put_in_time BEFORE UPDATE OF "erased_act" ON register
FOR EACH ROW EXECUTE FUNCTION register_erased_act_put_in_time()

CREATE TRIGGER register_is_erased BEFORE UPDATE OF content, salt ON register
FOR EACH ROW WHEN (NEW.content IS NOT NULL OR NEW.salt IS NOT NULL)
EXECUTE FUNCTION skontro_refuse('register: what was written is erased or stays as it is')

CREATE TRIGGER registration_stays BEFORE DELETE OR TRUNCATE ON registration
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('registration: rows are never deleted')

CREATE TRIGGER registration_is_kept BEFORE UPDATE ON registration
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('registration: rows are never changed')

CREATE FUNCTION registration_of_one() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (EXISTS (SELECT 1 FROM obligation WHERE number = fresh.obligation))) THEN
    RAISE EXCEPTION 'registration: it is of an obligation that is there' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER registration_of_one AFTER INSERT ON registration
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registration_of_one()

CREATE TRIGGER request_done_stays BEFORE DELETE OR TRUNCATE ON request_done
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('request_done: rows are never deleted')

CREATE TRIGGER request_done_is_kept BEFORE UPDATE ON request_done
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('request_done: rows are never changed')

CREATE TRIGGER run_stays BEFORE DELETE OR TRUNCATE ON run
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('run: rows are never deleted')

CREATE TRIGGER run_is_kept BEFORE UPDATE ON run
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('run: rows are never changed')

CREATE FUNCTION run_published_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."published_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."published_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'run: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER run_published_act_in_time BEFORE INSERT ON run
FOR EACH ROW EXECUTE FUNCTION run_published_act_in_time()

CREATE TRIGGER session_stays BEFORE DELETE OR TRUNCATE ON session
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('session: rows are never deleted')

CREATE TRIGGER session_is_kept BEFORE UPDATE OF "token", "person", "began_at", "ends_at" ON session
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('session: only seen_at, ended_at may change')

CREATE TRIGGER session_ends_once BEFORE UPDATE OF ended_at ON session
FOR EACH ROW WHEN (OLD.ended_at <> '')
EXECUTE FUNCTION skontro_refuse('session: it has ended')

CREATE TRIGGER sign_on_link_is_kept BEFORE UPDATE ON sign_on_link
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('sign_on_link: rows are never changed')

CREATE TRIGGER table_form_stays BEFORE DELETE OR TRUNCATE ON table_form
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('table_form: rows are never deleted')

CREATE TRIGGER table_form_is_kept BEFORE UPDATE ON table_form
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('table_form: rows are never changed')

CREATE TRIGGER trade_terms_stays BEFORE DELETE OR TRUNCATE ON trade_terms
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('trade_terms: rows are never deleted')

CREATE TRIGGER trade_terms_is_kept BEFORE UPDATE ON trade_terms
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('trade_terms: rows are never changed')

CREATE TRIGGER upload_is_kept BEFORE UPDATE OF "number", "job", "firm", "made_by", "made_at", "many" ON upload
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('upload: only files, counts, report may change')

CREATE TRIGGER verdict_stays BEFORE DELETE OR TRUNCATE ON verdict
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('verdict: rows are never deleted')

CREATE TRIGGER verdict_is_kept BEFORE UPDATE ON verdict
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('verdict: rows are never changed')

CREATE FUNCTION verdict_by_the_setting() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND EXISTS (SELECT 1 FROM fresh WHERE NOT (fresh.setting = (SELECT max(id) FROM gate_setting) AND fresh.judged_at >= (SELECT made_at FROM gate_setting WHERE id = fresh.setting))) THEN
    RAISE EXCEPTION 'verdict: it is by the setting in force, and never of an earlier time' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NULL;
END $$

CREATE TRIGGER verdict_by_the_setting AFTER INSERT ON verdict
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION verdict_by_the_setting()

CREATE TRIGGER webhook_stays BEFORE DELETE OR TRUNCATE ON webhook
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('webhook: rows are never deleted')

CREATE TRIGGER webhook_is_kept BEFORE UPDATE OF "number", "firm", "url", "made_by", "made_at" ON webhook
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('webhook: only kinds, secret, failing_since, paused_at, ended_at may change')

CREATE TRIGGER working_balance_stays BEFORE DELETE OR TRUNCATE ON working_balance
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('working_balance: rows are never deleted')

CREATE TRIGGER working_balance_is_kept BEFORE UPDATE ON working_balance
FOR EACH STATEMENT EXECUTE FUNCTION skontro_refuse('working_balance: rows are never changed')

CREATE FUNCTION working_balance_balance_act_in_time() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE told text := current_setting('skontro.reach', true);
BEGIN
  PERFORM set_config('skontro.reach', 'door,gate,house,look,office,whole', true);
  IF EXISTS (SELECT 1 FROM journal_entry)
    AND (NEW."balance_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."balance_act" AND act.state = 'proposed')) THEN
    RAISE EXCEPTION 'working_balance: the act behind it is not being done' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM set_config('skontro.reach', coalesce(told, ''), true);
  RETURN NEW;
END $$

CREATE TRIGGER working_balance_balance_act_in_time BEFORE INSERT ON working_balance
FOR EACH ROW EXECUTE FUNCTION working_balance_balance_act_in_time()

CREATE FUNCTION skontro_said(name text) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
  SELECT unnest(string_to_array(current_setting(name, true), E'\n'))
$$

CREATE FUNCTION skontro_reaches(words text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT coalesce(string_to_array(current_setting('skontro.reach', true), ',')
    && string_to_array(words, ' '), false)
$$

CREATE FUNCTION skontro_caller() RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('skontro.caller', true), '')
$$

CREATE FUNCTION skontro_own() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN QUERY SELECT number FROM participant
    WHERE id = ANY (string_to_array(current_setting('skontro.firms', true), E'\n'))
    AND skontro_reaches('firms');
END $$

CREATE FUNCTION skontro_spoken() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN QUERY SELECT skontro_own()
    UNION SELECT participant FROM agency
    WHERE agent = ANY (ARRAY(SELECT skontro_own())) AND until_day IS NULL;
END $$

CREATE FUNCTION skontro_seen() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
  RETURN QUERY SELECT skontro_spoken()
    UNION SELECT number FROM participant
    WHERE side = ANY (string_to_array(current_setting('skontro.sides', true), E'\n'))
    AND skontro_reaches('sides');
END $$

ALTER TABLE account ENABLE ROW LEVEL SECURITY

ALTER TABLE account FORCE ROW LEVEL SECURITY

CREATE POLICY account_reads ON account FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR split_part(code, ':', 2) = ANY (ARRAY(SELECT skontro_said('skontro.sides'))) OR split_part(code, ':', 2) = ANY (ARRAY(SELECT id FROM participant WHERE number = ANY (ARRAY(SELECT skontro_seen())))))

CREATE POLICY account_adds ON account FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE act ENABLE ROW LEVEL SECURITY

ALTER TABLE act FORCE ROW LEVEL SECURITY

CREATE POLICY act_reads ON act FOR SELECT
USING (((SELECT skontro_reaches('house look office')))
AND ((SELECT skontro_reaches('gate')) OR NOT (kind IN ('case.decide', 'case.release', 'list.smaller', 'order.reverse'))))

CREATE POLICY act_adds ON act FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')))

CREATE POLICY act_changes ON act FOR UPDATE
USING ((SELECT skontro_reaches('house office')))

ALTER TABLE agency ENABLE ROW LEVEL SECURITY

ALTER TABLE agency FORCE ROW LEVEL SECURITY

CREATE POLICY agency_reads ON agency FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR agent = ANY (ARRAY(SELECT skontro_own())) OR participant = ANY (ARRAY(SELECT skontro_own())))

CREATE POLICY agency_adds ON agency FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY agency_changes ON agency FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE agreement ENABLE ROW LEVEL SECURITY

ALTER TABLE agreement FORCE ROW LEVEL SECURITY

CREATE POLICY agreement_reads ON agreement FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY agreement_adds ON agreement FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY agreement_changes ON agreement FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE approval ENABLE ROW LEVEL SECURITY

ALTER TABLE approval FORCE ROW LEVEL SECURITY

CREATE POLICY approval_reads ON approval FOR SELECT
USING (((SELECT skontro_reaches('house look office')))
AND ((SELECT skontro_reaches('gate')) OR NOT (kind IN ('case.decide', 'case.release', 'list.smaller', 'order.reverse'))))

CREATE POLICY approval_adds ON approval FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')))

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY

ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY

CREATE POLICY audit_entry_reads ON audit_entry FOR SELECT
USING (((SELECT skontro_reaches('office whole')))
AND ((SELECT skontro_reaches('gate')) OR NOT (starts_with(what, 'gate.') OR strpos(subject || before || after, 'case.decide') > 0 OR strpos(subject || before || after, 'case.release') > 0 OR strpos(subject || before || after, 'list.smaller') > 0 OR strpos(subject || before || after, 'order.reverse') > 0)))

CREATE POLICY audit_entry_adds ON audit_entry FOR INSERT
WITH CHECK ((SELECT skontro_reaches('door whole')) OR caller = (SELECT skontro_caller()))

ALTER TABLE balance_seal ENABLE ROW LEVEL SECURITY

ALTER TABLE balance_seal FORCE ROW LEVEL SECURITY

CREATE POLICY balance_seal_reads ON balance_seal FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR account = ANY (ARRAY(SELECT id FROM account)))

CREATE POLICY balance_seal_adds ON balance_seal FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE bank_details ENABLE ROW LEVEL SECURITY

ALTER TABLE bank_details FORCE ROW LEVEL SECURITY

CREATE POLICY bank_details_reads ON bank_details FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY bank_details_adds ON bank_details FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE bank_file ENABLE ROW LEVEL SECURITY

ALTER TABLE bank_file FORCE ROW LEVEL SECURITY

CREATE POLICY bank_file_reads ON bank_file FOR SELECT
USING ((SELECT skontro_reaches('house look sides')))

CREATE POLICY bank_file_adds ON bank_file FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE bank_line ENABLE ROW LEVEL SECURITY

ALTER TABLE bank_line FORCE ROW LEVEL SECURITY

CREATE POLICY bank_line_reads ON bank_line FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY bank_line_adds ON bank_line FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY bank_line_changes ON bank_line FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE bank_sheet ENABLE ROW LEVEL SECURITY

ALTER TABLE bank_sheet FORCE ROW LEVEL SECURITY

CREATE POLICY bank_sheet_reads ON bank_sheet FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY bank_sheet_adds ON bank_sheet FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY bank_sheet_changes ON bank_sheet FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE bank_sighting ENABLE ROW LEVEL SECURITY

ALTER TABLE bank_sighting FORCE ROW LEVEL SECURITY

CREATE POLICY bank_sighting_reads ON bank_sighting FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM bank_line WHERE id = bank_sighting.line))

CREATE POLICY bank_sighting_adds ON bank_sighting FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE bank_status ENABLE ROW LEVEL SECURITY

ALTER TABLE bank_status FORCE ROW LEVEL SECURITY

CREATE POLICY bank_status_reads ON bank_status FOR SELECT
USING ((SELECT skontro_reaches('house look')))

CREATE POLICY bank_status_adds ON bank_status FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY bank_status_changes ON bank_status FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE border_leg ENABLE ROW LEVEL SECURITY

ALTER TABLE border_leg FORCE ROW LEVEL SECURITY

CREATE POLICY border_leg_reads ON border_leg FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))) OR other_side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY border_leg_adds ON border_leg FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY border_leg_changes ON border_leg FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE border_payment ENABLE ROW LEVEL SECURITY

ALTER TABLE border_payment FORCE ROW LEVEL SECURITY

CREATE POLICY border_payment_reads ON border_payment FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR debtor_side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))) OR creditor_side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY border_payment_adds ON border_payment FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY border_payment_changes ON border_payment FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE border_quota ENABLE ROW LEVEL SECURITY

ALTER TABLE border_quota FORCE ROW LEVEL SECURITY

CREATE POLICY border_quota_reads ON border_quota FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR debtor_side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))) OR creditor_side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY border_quota_adds ON border_quota FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE case_event ENABLE ROW LEVEL SECURITY

ALTER TABLE case_event FORCE ROW LEVEL SECURITY

CREATE POLICY case_event_reads ON case_event FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY case_event_adds ON case_event FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE customs_file ENABLE ROW LEVEL SECURITY

ALTER TABLE customs_file FORCE ROW LEVEL SECURITY

CREATE POLICY customs_file_reads ON customs_file FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY customs_file_adds ON customs_file FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE customs_use ENABLE ROW LEVEL SECURITY

ALTER TABLE customs_use FORCE ROW LEVEL SECURITY

CREATE POLICY customs_use_reads ON customs_use FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY customs_use_adds ON customs_use FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE cycle ENABLE ROW LEVEL SECURITY

ALTER TABLE cycle FORCE ROW LEVEL SECURITY

CREATE POLICY cycle_reads ON cycle FOR SELECT
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY cycle_adds ON cycle FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY cycle_changes ON cycle FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE cycle_member ENABLE ROW LEVEL SECURITY

ALTER TABLE cycle_member FORCE ROW LEVEL SECURITY

CREATE POLICY cycle_member_reads ON cycle_member FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM obligation WHERE obligation.number = cycle_member.obligation))

CREATE POLICY cycle_member_adds ON cycle_member FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY cycle_member_changes ON cycle_member FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE cycle_step ENABLE ROW LEVEL SECURITY

ALTER TABLE cycle_step FORCE ROW LEVEL SECURITY

CREATE POLICY cycle_step_reads ON cycle_step FOR SELECT
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY cycle_step_adds ON cycle_step FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE declaration ENABLE ROW LEVEL SECURITY

ALTER TABLE declaration FORCE ROW LEVEL SECURITY

CREATE POLICY declaration_reads ON declaration FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY declaration_adds ON declaration FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE default_case ENABLE ROW LEVEL SECURITY

ALTER TABLE default_case FORCE ROW LEVEL SECURITY

CREATE POLICY default_case_reads ON default_case FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY default_case_adds ON default_case FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY default_case_changes ON default_case FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE delivery ENABLE ROW LEVEL SECURITY

ALTER TABLE delivery FORCE ROW LEVEL SECURITY

CREATE POLICY delivery_reads ON delivery FOR SELECT
USING ((SELECT skontro_reaches('house look office')) OR EXISTS (SELECT FROM webhook WHERE webhook.number = delivery.webhook))

CREATE POLICY delivery_adds ON delivery FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')) OR (SELECT skontro_reaches('firms')) AND EXISTS (SELECT FROM webhook WHERE webhook.number = delivery.webhook))

CREATE POLICY delivery_changes ON delivery FOR UPDATE
USING ((SELECT skontro_reaches('house office')) OR (SELECT skontro_reaches('firms')) AND EXISTS (SELECT FROM webhook WHERE webhook.number = delivery.webhook))

ALTER TABLE delivery_try ENABLE ROW LEVEL SECURITY

ALTER TABLE delivery_try FORCE ROW LEVEL SECURITY

CREATE POLICY delivery_try_reads ON delivery_try FOR SELECT
USING ((SELECT skontro_reaches('house look office')) OR EXISTS (SELECT FROM delivery WHERE delivery.number = delivery_try.delivery))

CREATE POLICY delivery_try_adds ON delivery_try FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')))

ALTER TABLE discharge ENABLE ROW LEVEL SECURITY

ALTER TABLE discharge FORCE ROW LEVEL SECURITY

CREATE POLICY discharge_reads ON discharge FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM obligation WHERE obligation.number = discharge.obligation))

CREATE POLICY discharge_adds ON discharge FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE document ENABLE ROW LEVEL SECURITY

ALTER TABLE document FORCE ROW LEVEL SECURITY

CREATE POLICY document_reads ON document FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR seller = ANY (ARRAY(SELECT skontro_seen())) OR EXISTS (SELECT FROM obligation WHERE obligation.number = document.obligation))

CREATE POLICY document_adds ON document FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR seller = ANY (ARRAY(SELECT skontro_spoken())))

ALTER TABLE document_tax ENABLE ROW LEVEL SECURITY

ALTER TABLE document_tax FORCE ROW LEVEL SECURITY

CREATE POLICY document_tax_reads ON document_tax FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM document WHERE id = document_tax.document))

CREATE POLICY document_tax_adds ON document_tax FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND EXISTS (SELECT FROM document WHERE id = document_tax.document))

ALTER TABLE filing ENABLE ROW LEVEL SECURITY

ALTER TABLE filing FORCE ROW LEVEL SECURITY

CREATE POLICY filing_reads ON filing FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR sender = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY filing_adds ON filing FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND (sender IS NULL OR sender = ANY (ARRAY(SELECT skontro_spoken()))))

ALTER TABLE fixing ENABLE ROW LEVEL SECURITY

ALTER TABLE fixing FORCE ROW LEVEL SECURITY

CREATE POLICY fixing_reads ON fixing FOR SELECT
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY fixing_adds ON fixing FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE flag_look ENABLE ROW LEVEL SECURITY

ALTER TABLE flag_look FORCE ROW LEVEL SECURITY

CREATE POLICY flag_look_reads ON flag_look FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY flag_look_adds ON flag_look FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE gate_case ENABLE ROW LEVEL SECURITY

ALTER TABLE gate_case FORCE ROW LEVEL SECURITY

CREATE POLICY gate_case_reads ON gate_case FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY gate_case_adds ON gate_case FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

CREATE POLICY gate_case_changes ON gate_case FOR UPDATE
USING ((SELECT skontro_reaches('gate')))

ALTER TABLE gate_setting ENABLE ROW LEVEL SECURITY

ALTER TABLE gate_setting FORCE ROW LEVEL SECURITY

CREATE POLICY gate_setting_reads ON gate_setting FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY gate_setting_adds ON gate_setting FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE job ENABLE ROW LEVEL SECURITY

ALTER TABLE job FORCE ROW LEVEL SECURITY

CREATE POLICY job_reads ON job FOR SELECT
USING ((SELECT skontro_reaches('house look office')) OR asked_by = (SELECT skontro_caller()))

CREATE POLICY job_adds ON job FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')) OR asked_by = (SELECT skontro_caller()))

CREATE POLICY job_changes ON job FOR UPDATE
USING ((SELECT skontro_reaches('house office')) OR asked_by = (SELECT skontro_caller()))

ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY

ALTER TABLE journal_entry FORCE ROW LEVEL SECURITY

CREATE POLICY journal_entry_reads ON journal_entry FOR SELECT
USING (((SELECT skontro_reaches('house look sides')))
AND ((SELECT skontro_reaches('gate')) OR NOT (kind = 'order' OR kind IN ('gate.case', 'gate.fault', 'gate.payment', 'list.refused'))))

CREATE POLICY journal_entry_adds ON journal_entry FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE left_payment ENABLE ROW LEVEL SECURITY

ALTER TABLE left_payment FORCE ROW LEVEL SECURITY

CREATE POLICY left_payment_reads ON left_payment FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY left_payment_adds ON left_payment FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE licence ENABLE ROW LEVEL SECURITY

ALTER TABLE licence FORCE ROW LEVEL SECURITY

CREATE POLICY licence_reads ON licence FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY licence_adds ON licence FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE licence_entry ENABLE ROW LEVEL SECURITY

ALTER TABLE licence_entry FORCE ROW LEVEL SECURITY

CREATE POLICY licence_entry_reads ON licence_entry FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY licence_entry_adds ON licence_entry FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE list_entry ENABLE ROW LEVEL SECURITY

ALTER TABLE list_entry FORCE ROW LEVEL SECURITY

CREATE POLICY list_entry_reads ON list_entry FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY list_entry_adds ON list_entry FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE list_import ENABLE ROW LEVEL SECURITY

ALTER TABLE list_import FORCE ROW LEVEL SECURITY

CREATE POLICY list_import_reads ON list_import FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY list_import_adds ON list_import FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE list_retired ENABLE ROW LEVEL SECURITY

ALTER TABLE list_retired FORCE ROW LEVEL SECURITY

CREATE POLICY list_retired_reads ON list_retired FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY list_retired_adds ON list_retired FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE list_text ENABLE ROW LEVEL SECURITY

ALTER TABLE list_text FORCE ROW LEVEL SECURITY

CREATE POLICY list_text_reads ON list_text FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY list_text_adds ON list_text FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE login ENABLE ROW LEVEL SECURITY

ALTER TABLE login FORCE ROW LEVEL SECURITY

CREATE POLICY login_reads ON login FOR SELECT
USING ((SELECT skontro_reaches('office door')))

CREATE POLICY login_adds ON login FOR INSERT
WITH CHECK ((SELECT skontro_reaches('door')))

CREATE POLICY login_changes ON login FOR UPDATE
USING ((SELECT skontro_reaches('door')))

ALTER TABLE money_line ENABLE ROW LEVEL SECURITY

ALTER TABLE money_line FORCE ROW LEVEL SECURITY

CREATE POLICY money_line_reads ON money_line FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY money_line_adds ON money_line FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY money_line_changes ON money_line FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE obligation ENABLE ROW LEVEL SECURITY

ALTER TABLE obligation FORCE ROW LEVEL SECURITY

CREATE POLICY obligation_reads ON obligation FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR debtor = ANY (ARRAY(SELECT skontro_seen())) OR creditor = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY obligation_adds ON obligation FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR debtor = ANY (ARRAY(SELECT skontro_spoken())) OR creditor = ANY (ARRAY(SELECT skontro_spoken())))

CREATE POLICY obligation_changes ON obligation FOR UPDATE
USING ((SELECT skontro_reaches('house')) OR debtor = ANY (ARRAY(SELECT skontro_spoken())) OR creditor = ANY (ARRAY(SELECT skontro_spoken())))

ALTER TABLE obligation_event ENABLE ROW LEVEL SECURITY

ALTER TABLE obligation_event FORCE ROW LEVEL SECURITY

CREATE POLICY obligation_event_reads ON obligation_event FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM obligation WHERE obligation.number = obligation_event.obligation))

CREATE POLICY obligation_event_adds ON obligation_event FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND EXISTS (SELECT FROM obligation WHERE obligation.number = obligation_event.obligation))

ALTER TABLE obligation_line ENABLE ROW LEVEL SECURITY

ALTER TABLE obligation_line FORCE ROW LEVEL SECURITY

CREATE POLICY obligation_line_reads ON obligation_line FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM obligation WHERE obligation.number = obligation_line.obligation))

CREATE POLICY obligation_line_adds ON obligation_line FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND EXISTS (SELECT FROM obligation WHERE obligation.number = obligation_line.obligation))

ALTER TABLE obligation_trade ENABLE ROW LEVEL SECURITY

ALTER TABLE obligation_trade FORCE ROW LEVEL SECURITY

CREATE POLICY obligation_trade_reads ON obligation_trade FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM obligation WHERE obligation.number = obligation_trade.obligation))

CREATE POLICY obligation_trade_adds ON obligation_trade FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND EXISTS (SELECT FROM obligation WHERE obligation.number = obligation_trade.obligation))

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY

ALTER TABLE outbox FORCE ROW LEVEL SECURITY

CREATE POLICY outbox_reads ON outbox FOR SELECT
USING ((SELECT skontro_reaches('whole')))

CREATE POLICY outbox_adds ON outbox FOR INSERT
WITH CHECK ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY outbox_changes ON outbox FOR UPDATE
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY outbox_removes ON outbox FOR DELETE
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

ALTER TABLE pack ENABLE ROW LEVEL SECURITY

ALTER TABLE pack FORCE ROW LEVEL SECURITY

CREATE POLICY pack_reads ON pack FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY pack_adds ON pack FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')))

ALTER TABLE participant ENABLE ROW LEVEL SECURITY

ALTER TABLE participant FORCE ROW LEVEL SECURITY

CREATE POLICY participant_reads ON participant FOR SELECT
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY participant_adds ON participant FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY participant_changes ON participant FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE pay_in ENABLE ROW LEVEL SECURITY

ALTER TABLE pay_in FORCE ROW LEVEL SECURITY

CREATE POLICY pay_in_reads ON pay_in FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY pay_in_adds ON pay_in FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY pay_in_changes ON pay_in FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE pay_in_limit ENABLE ROW LEVEL SECURITY

ALTER TABLE pay_in_limit FORCE ROW LEVEL SECURITY

CREATE POLICY pay_in_limit_reads ON pay_in_limit FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY pay_in_limit_adds ON pay_in_limit FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE pay_out ENABLE ROW LEVEL SECURITY

ALTER TABLE pay_out FORCE ROW LEVEL SECURITY

CREATE POLICY pay_out_reads ON pay_out FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY pay_out_adds ON pay_out FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY pay_out_changes ON pay_out FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE pay_out_due ENABLE ROW LEVEL SECURITY

ALTER TABLE pay_out_due FORCE ROW LEVEL SECURITY

CREATE POLICY pay_out_due_reads ON pay_out_due FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY pay_out_due_adds ON pay_out_due FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY pay_out_due_changes ON pay_out_due FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE payment_file ENABLE ROW LEVEL SECURITY

ALTER TABLE payment_file FORCE ROW LEVEL SECURITY

CREATE POLICY payment_file_reads ON payment_file FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY payment_file_adds ON payment_file FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY payment_file_changes ON payment_file FOR UPDATE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE person ENABLE ROW LEVEL SECURITY

ALTER TABLE person FORCE ROW LEVEL SECURITY

CREATE POLICY person_reads ON person FOR SELECT
USING ((SELECT skontro_reaches('house gate look sides office door')))

CREATE POLICY person_adds ON person FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')))

CREATE POLICY person_changes ON person FOR UPDATE
USING ((SELECT skontro_reaches('house office')))

ALTER TABLE person_right ENABLE ROW LEVEL SECURITY

ALTER TABLE person_right FORCE ROW LEVEL SECURITY

CREATE POLICY person_right_reads ON person_right FOR SELECT
USING ((SELECT skontro_reaches('house gate look sides office door')))

CREATE POLICY person_right_adds ON person_right FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')))

CREATE POLICY person_right_changes ON person_right FOR UPDATE
USING ((SELECT skontro_reaches('house office')))

CREATE POLICY person_right_removes ON person_right FOR DELETE
USING ((SELECT skontro_reaches('house office')))

ALTER TABLE person_role ENABLE ROW LEVEL SECURITY

ALTER TABLE person_role FORCE ROW LEVEL SECURITY

CREATE POLICY person_role_reads ON person_role FOR SELECT
USING ((SELECT skontro_reaches('office door')))

CREATE POLICY person_role_adds ON person_role FOR INSERT
WITH CHECK ((SELECT skontro_reaches('office')))

CREATE POLICY person_role_changes ON person_role FOR UPDATE
USING ((SELECT skontro_reaches('office')))

CREATE POLICY person_role_removes ON person_role FOR DELETE
USING ((SELECT skontro_reaches('office')))

ALTER TABLE plan_line ENABLE ROW LEVEL SECURITY

ALTER TABLE plan_line FORCE ROW LEVEL SECURITY

CREATE POLICY plan_line_reads ON plan_line FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR participant = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY plan_line_adds ON plan_line FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE posting ENABLE ROW LEVEL SECURITY

ALTER TABLE posting FORCE ROW LEVEL SECURITY

CREATE POLICY posting_reads ON posting FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR account = ANY (ARRAY(SELECT id FROM account)))

CREATE POLICY posting_adds ON posting FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE preview ENABLE ROW LEVEL SECURITY

ALTER TABLE preview FORCE ROW LEVEL SECURITY

CREATE POLICY preview_reads ON preview FOR SELECT
USING ((SELECT skontro_reaches('firms sides look house gate office door whole')))

CREATE POLICY preview_adds ON preview FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE preview_line ENABLE ROW LEVEL SECURITY

ALTER TABLE preview_line FORCE ROW LEVEL SECURITY

CREATE POLICY preview_line_reads ON preview_line FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR EXISTS (SELECT FROM obligation WHERE obligation.number = preview_line.obligation))

CREATE POLICY preview_line_adds ON preview_line FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

CREATE POLICY preview_line_removes ON preview_line FOR DELETE
USING ((SELECT skontro_reaches('house')))

ALTER TABLE program_key ENABLE ROW LEVEL SECURITY

ALTER TABLE program_key FORCE ROW LEVEL SECURITY

CREATE POLICY program_key_reads ON program_key FOR SELECT
USING ((SELECT skontro_reaches('office door')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY program_key_adds ON program_key FOR INSERT
WITH CHECK ((SELECT skontro_reaches('office')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY program_key_changes ON program_key FOR UPDATE
USING ((SELECT skontro_reaches('office')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

ALTER TABLE register ENABLE ROW LEVEL SECURITY

ALTER TABLE register FORCE ROW LEVEL SECURITY

CREATE POLICY register_reads ON register FOR SELECT
USING (((SELECT skontro_reaches('house look')) OR CASE subject_kind WHEN 'person' THEN (SELECT skontro_reaches('office door')) WHEN 'participant' THEN subject = ANY (ARRAY(SELECT id FROM participant WHERE number = ANY (ARRAY(SELECT skontro_seen())))) WHEN 'obligation' THEN EXISTS (SELECT FROM obligation WHERE number = CASE WHEN subject_kind = 'obligation' THEN subject::bigint END) ELSE false END)
AND ((SELECT skontro_reaches('gate')) OR NOT (subject_kind IN ('case', 'licence'))))

CREATE POLICY register_adds ON register FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND subject_kind = 'obligation' AND EXISTS (SELECT FROM obligation WHERE number = CASE WHEN subject_kind = 'obligation' THEN subject::bigint END))

CREATE POLICY register_changes ON register FOR UPDATE
USING ((SELECT skontro_reaches('house')) OR (SELECT skontro_reaches('firms')) AND subject_kind = 'obligation' AND EXISTS (SELECT FROM obligation WHERE number = CASE WHEN subject_kind = 'obligation' THEN subject::bigint END))

ALTER TABLE registration ENABLE ROW LEVEL SECURITY

ALTER TABLE registration FORCE ROW LEVEL SECURITY

CREATE POLICY registration_reads ON registration FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR sender = ANY (ARRAY(SELECT skontro_seen())) OR EXISTS (SELECT FROM obligation WHERE obligation.number = registration.obligation))

CREATE POLICY registration_adds ON registration FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR sender = ANY (ARRAY(SELECT skontro_spoken())))

ALTER TABLE request_done ENABLE ROW LEVEL SECURITY

ALTER TABLE request_done FORCE ROW LEVEL SECURITY

CREATE POLICY request_done_reads ON request_done FOR SELECT
USING ((SELECT skontro_reaches('door whole')) OR caller = (SELECT skontro_caller()))

CREATE POLICY request_done_adds ON request_done FOR INSERT
WITH CHECK ((SELECT skontro_reaches('door whole')) OR caller = (SELECT skontro_caller()))

ALTER TABLE run ENABLE ROW LEVEL SECURITY

ALTER TABLE run FORCE ROW LEVEL SECURITY

CREATE POLICY run_reads ON run FOR SELECT
USING ((SELECT skontro_reaches('house look')))

CREATE POLICY run_adds ON run FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))

ALTER TABLE session ENABLE ROW LEVEL SECURITY

ALTER TABLE session FORCE ROW LEVEL SECURITY

CREATE POLICY session_reads ON session FOR SELECT
USING ((SELECT skontro_reaches('office door')))

CREATE POLICY session_adds ON session FOR INSERT
WITH CHECK ((SELECT skontro_reaches('office door')))

CREATE POLICY session_changes ON session FOR UPDATE
USING ((SELECT skontro_reaches('office door')))

ALTER TABLE sign_on_link ENABLE ROW LEVEL SECURITY

ALTER TABLE sign_on_link FORCE ROW LEVEL SECURITY

CREATE POLICY sign_on_link_reads ON sign_on_link FOR SELECT
USING ((SELECT skontro_reaches('office door')))

CREATE POLICY sign_on_link_adds ON sign_on_link FOR INSERT
WITH CHECK ((SELECT skontro_reaches('office')))

CREATE POLICY sign_on_link_changes ON sign_on_link FOR UPDATE
USING ((SELECT skontro_reaches('office')))

CREATE POLICY sign_on_link_removes ON sign_on_link FOR DELETE
USING ((SELECT skontro_reaches('office')))

ALTER TABLE table_form ENABLE ROW LEVEL SECURITY

ALTER TABLE table_form FORCE ROW LEVEL SECURITY

CREATE POLICY table_form_reads ON table_form FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR sender = ANY (ARRAY(SELECT skontro_seen())))

CREATE POLICY table_form_adds ON table_form FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR sender = ANY (ARRAY(SELECT skontro_spoken())))

ALTER TABLE upload ENABLE ROW LEVEL SECURITY

ALTER TABLE upload FORCE ROW LEVEL SECURITY

CREATE POLICY upload_reads ON upload FOR SELECT
USING ((SELECT skontro_reaches('house')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY upload_adds ON upload FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY upload_changes ON upload FOR UPDATE
USING ((SELECT skontro_reaches('house')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY upload_removes ON upload FOR DELETE
USING ((SELECT skontro_reaches('house')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

ALTER TABLE verdict ENABLE ROW LEVEL SECURITY

ALTER TABLE verdict FORCE ROW LEVEL SECURITY

CREATE POLICY verdict_reads ON verdict FOR SELECT
USING ((SELECT skontro_reaches('gate')))

CREATE POLICY verdict_adds ON verdict FOR INSERT
WITH CHECK ((SELECT skontro_reaches('gate')) OR subject_kind = 'obligation' AND (SELECT skontro_reaches('firms house')))

ALTER TABLE webhook ENABLE ROW LEVEL SECURITY

ALTER TABLE webhook FORCE ROW LEVEL SECURITY

CREATE POLICY webhook_reads ON webhook FOR SELECT
USING ((SELECT skontro_reaches('house look office')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY webhook_adds ON webhook FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house office')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

CREATE POLICY webhook_changes ON webhook FOR UPDATE
USING ((SELECT skontro_reaches('house office')) OR firm = ANY (ARRAY(SELECT skontro_said('skontro.firms'))))

ALTER TABLE working_balance ENABLE ROW LEVEL SECURITY

ALTER TABLE working_balance FORCE ROW LEVEL SECURITY

CREATE POLICY working_balance_reads ON working_balance FOR SELECT
USING ((SELECT skontro_reaches('house look')) OR side = ANY (ARRAY(SELECT skontro_said('skontro.sides'))))

CREATE POLICY working_balance_adds ON working_balance FOR INSERT
WITH CHECK ((SELECT skontro_reaches('house')))
