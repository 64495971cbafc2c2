-- SPDX-License-Identifier: Apache-2.0
-- See store/guards.py and store/walls.py.

CREATE TRIGGER account_stays BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'account: rows are never deleted'); END

CREATE TRIGGER account_is_kept BEFORE UPDATE ON account
BEGIN SELECT RAISE(ABORT, 'account: rows are never changed'); END

CREATE TRIGGER account_is_not_replaced BEFORE INSERT ON account
WHEN EXISTS (SELECT 1 FROM account WHERE "code" = NEW."code") OR EXISTS (SELECT 1 FROM account WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'account: it is there already'); END

CREATE TRIGGER act_stays BEFORE DELETE ON act
BEGIN SELECT RAISE(ABORT, 'act: rows are never deleted'); END

CREATE TRIGGER act_is_kept BEFORE UPDATE OF "id", "kind", "content", "digest", "maker" ON act
BEGIN SELECT RAISE(ABORT, 'act: only state, outcome, made_at, signature may change'); END

CREATE TRIGGER act_begins BEFORE INSERT ON act
WHEN (NEW.state <> 'drafted' AND NEW.state <> 'proposed')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'act: no row begins in this state'); END

CREATE TRIGGER act_moves BEFORE UPDATE OF state ON act
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'drafted' THEN NEW.state = 'proposed' OR NEW.state = 'withdrawn'
WHEN 'proposed' THEN NEW.state = 'done' OR NEW.state = 'refused' OR NEW.state = 'withdrawn'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'act: its state does not move so'); END

CREATE TRIGGER act_is_not_replaced BEFORE INSERT ON act
WHEN EXISTS (SELECT 1 FROM act WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'act: it is there already'); END

CREATE TRIGGER act_maker_is_tied BEFORE INSERT ON act
WHEN NEW."maker" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."maker")
BEGIN SELECT RAISE(ABORT, 'act: a person must stand behind it'); END

CREATE TRIGGER act_by_right BEFORE INSERT ON act
WHEN (NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id WHERE person.id = NEW.maker AND person.state = 'active' AND person_right."right" = NEW.kind))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'act: the maker has no right to it'); END

CREATE TRIGGER act_signed_once BEFORE UPDATE OF signature, made_at ON act
WHEN OLD.state <> 'drafted' OR NEW.state <> 'proposed'
BEGIN SELECT RAISE(ABORT, 'act: what is signed stays as it was signed'); END

CREATE TRIGGER act_done_by_two BEFORE UPDATE OF state ON act
WHEN NEW.state = 'done' AND NOT EXISTS (SELECT 1 FROM approval WHERE act_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'act: it is not approved'); END

CREATE TRIGGER agency_stays BEFORE DELETE ON agency
BEGIN SELECT RAISE(ABORT, 'agency: rows are never deleted'); END

CREATE TRIGGER agency_is_kept BEFORE UPDATE OF "agent", "participant", "from_day", "act_id" ON agency
BEGIN SELECT RAISE(ABORT, 'agency: only until_day may change'); END

CREATE TRIGGER agency_is_not_replaced BEFORE INSERT ON agency
WHEN EXISTS (SELECT 1 FROM agency WHERE "agent" = NEW."agent" AND "participant" = NEW."participant" AND "from_day" = NEW."from_day")
BEGIN SELECT RAISE(ABORT, 'agency: it is there already'); END

CREATE TRIGGER agency_act_id_is_tied BEFORE INSERT ON agency
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'agency: two people must stand behind it'); END

CREATE TRIGGER agency_by_two BEFORE INSERT ON agency
WHEN (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('agency.change') AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'agency: two people let an agent file'); END

CREATE TRIGGER agreement_stays BEFORE DELETE ON agreement
BEGIN SELECT RAISE(ABORT, 'agreement: rows are never deleted'); END

CREATE TRIGGER agreement_is_kept BEFORE UPDATE OF "participant", "agreement", "version", "law", "opinion", "signatories", "from_day", "act_id" ON agreement
BEGIN SELECT RAISE(ABORT, 'agreement: only until_day may change'); END

CREATE TRIGGER agreement_is_not_replaced BEFORE INSERT ON agreement
WHEN EXISTS (SELECT 1 FROM agreement WHERE "participant" = NEW."participant" AND "agreement" = NEW."agreement" AND "version" = NEW."version" AND "from_day" = NEW."from_day")
BEGIN SELECT RAISE(ABORT, 'agreement: it is there already'); END

CREATE TRIGGER agreement_act_id_is_tied BEFORE INSERT ON agreement
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'agreement: two people must stand behind it'); END

CREATE TRIGGER agreement_by_two BEFORE INSERT ON agreement
WHEN (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('participant.admit', 'participant.change') AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'agreement: two people take an agreement in'); END

CREATE TRIGGER approval_stays BEFORE DELETE ON approval
BEGIN SELECT RAISE(ABORT, 'approval: rows are never deleted'); END

CREATE TRIGGER approval_is_kept BEFORE UPDATE ON approval
BEGIN SELECT RAISE(ABORT, 'approval: rows are never changed'); END

CREATE TRIGGER approval_is_not_replaced BEFORE INSERT ON approval
WHEN EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'approval: it is there already'); END

CREATE TRIGGER approval_act_id_is_tied BEFORE INSERT ON approval
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE "id" = NEW."act_id" AND "kind" = NEW."kind" AND "digest" = NEW."digest" AND "maker" = NEW."maker")
BEGIN SELECT RAISE(ABORT, 'approval: the act must stand behind it'); END

CREATE TRIGGER approval_checker_is_tied BEFORE INSERT ON approval
WHEN NEW."checker" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."checker")
BEGIN SELECT RAISE(ABORT, 'approval: a person must stand behind it'); END

CREATE TRIGGER approval_in_time BEFORE INSERT ON approval
WHEN (NOT EXISTS (SELECT 1 FROM act WHERE id = NEW.act_id AND state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'approval: the act is not proposed'); END

CREATE TRIGGER approval_by_right BEFORE INSERT ON approval
WHEN (NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id WHERE person.id = NEW.checker AND person.state = 'active' AND person_right."right" = NEW.kind))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'approval: the checker has no right to it'); END

CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry: rows are never deleted'); END

CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry: rows are never changed'); END

CREATE TRIGGER audit_entry_is_not_replaced BEFORE INSERT ON audit_entry
WHEN EXISTS (SELECT 1 FROM audit_entry WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'audit_entry: it is there already'); END

CREATE TRIGGER balance_seal_stays BEFORE DELETE ON balance_seal
BEGIN SELECT RAISE(ABORT, 'balance_seal: rows are never deleted'); END

CREATE TRIGGER balance_seal_is_kept BEFORE UPDATE ON balance_seal
BEGIN SELECT RAISE(ABORT, 'balance_seal: rows are never changed'); END

CREATE TRIGGER balance_seal_is_not_replaced BEFORE INSERT ON balance_seal
WHEN EXISTS (SELECT 1 FROM balance_seal WHERE "entry" = NEW."entry" AND "account" = NEW."account")
BEGIN SELECT RAISE(ABORT, 'balance_seal: it is there already'); END

CREATE TRIGGER bank_details_stays BEFORE DELETE ON bank_details
BEGIN SELECT RAISE(ABORT, 'bank_details: rows are never deleted'); END

CREATE TRIGGER bank_details_is_kept BEFORE UPDATE ON bank_details
BEGIN SELECT RAISE(ABORT, 'bank_details: rows are never changed'); END

CREATE TRIGGER bank_details_details_act_in_time BEFORE INSERT ON bank_details
WHEN (NEW."details_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."details_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'bank_details: the act behind it is not being done'); END

CREATE TRIGGER bank_details_is_not_replaced BEFORE INSERT ON bank_details
WHEN EXISTS (SELECT 1 FROM bank_details WHERE "participant" = NEW."participant" AND "currency" = NEW."currency" AND "details_act" = NEW."details_act")
BEGIN SELECT RAISE(ABORT, 'bank_details: it is there already'); END

CREATE TRIGGER bank_details_details_act_is_tied BEFORE INSERT ON bank_details
WHEN NEW."details_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."details_act" AND "kind" = NEW."details_act_kind")
BEGIN SELECT RAISE(ABORT, 'bank_details: two people must stand behind it'); END

CREATE TRIGGER bank_file_stays BEFORE DELETE ON bank_file
BEGIN SELECT RAISE(ABORT, 'bank_file: rows are never deleted'); END

CREATE TRIGGER bank_file_is_kept BEFORE UPDATE ON bank_file
BEGIN SELECT RAISE(ABORT, 'bank_file: rows are never changed'); END

CREATE TRIGGER bank_file_is_not_replaced BEFORE INSERT ON bank_file
WHEN EXISTS (SELECT 1 FROM bank_file WHERE "digest" = NEW."digest") OR EXISTS (SELECT 1 FROM bank_file WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'bank_file: it is there already'); END

CREATE TRIGGER bank_line_stays BEFORE DELETE ON bank_line
BEGIN SELECT RAISE(ABORT, 'bank_line: rows are never deleted'); END

CREATE TRIGGER bank_line_is_kept BEFORE UPDATE OF "id", "side", "currency", "name" ON bank_line
BEGIN SELECT RAISE(ABORT, 'bank_line: only amount_minor, day, telling, digest, outcome, why may change'); END

CREATE TRIGGER bank_line_is_not_replaced BEFORE INSERT ON bank_line
WHEN EXISTS (SELECT 1 FROM bank_line WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM bank_line WHERE "side" = NEW."side" AND "currency" = NEW."currency" AND "name" = NEW."name")
BEGIN SELECT RAISE(ABORT, 'bank_line: it is there already'); END

CREATE TRIGGER bank_sheet_stays BEFORE DELETE ON bank_sheet
BEGIN SELECT RAISE(ABORT, 'bank_sheet: rows are never deleted'); END

CREATE TRIGGER bank_sheet_is_kept BEFORE UPDATE OF "id", "file", "digest", "side", "currency", "kind", "name", "day", "number", "page", "is_last", "opening_minor", "closing_minor", "booked_minor" ON bank_sheet
BEGIN SELECT RAISE(ABORT, 'bank_sheet: only created_at may change'); END

CREATE TRIGGER bank_sheet_is_not_replaced BEFORE INSERT ON bank_sheet
WHEN EXISTS (SELECT 1 FROM bank_sheet WHERE "digest" = NEW."digest") OR EXISTS (SELECT 1 FROM bank_sheet WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'bank_sheet: it is there already'); END

CREATE TRIGGER bank_sighting_stays BEFORE DELETE ON bank_sighting
BEGIN SELECT RAISE(ABORT, 'bank_sighting: rows are never deleted'); END

CREATE TRIGGER bank_sighting_is_kept BEFORE UPDATE ON bank_sighting
BEGIN SELECT RAISE(ABORT, 'bank_sighting: rows are never changed'); END

CREATE TRIGGER bank_sighting_is_not_replaced BEFORE INSERT ON bank_sighting
WHEN EXISTS (SELECT 1 FROM bank_sighting WHERE "sheet" = NEW."sheet" AND "line" = NEW."line")
BEGIN SELECT RAISE(ABORT, 'bank_sighting: it is there already'); END

CREATE TRIGGER bank_status_stays BEFORE DELETE ON bank_status
BEGIN SELECT RAISE(ABORT, 'bank_status: rows are never deleted'); END

CREATE TRIGGER bank_status_is_kept BEFORE UPDATE OF "id", "file", "kind", "end_to_end", "batch", "status", "code" ON bank_status
BEGIN SELECT RAISE(ABORT, 'bank_status: only outcome, why may change'); END

CREATE TRIGGER bank_status_is_not_replaced BEFORE INSERT ON bank_status
WHEN EXISTS (SELECT 1 FROM bank_status WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'bank_status: it is there already'); END

CREATE TRIGGER bank_status_settled_by_two BEFORE UPDATE OF outcome ON bank_status
WHEN OLD.outcome <> NEW.outcome AND (OLD.outcome = 'doubt' OR NEW.outcome = 'settled') AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.state = 'proposed' AND act.kind = 'doubt.settle')
BEGIN SELECT RAISE(ABORT, 'bank_status: two people say which answer of a bank is right'); END

CREATE TRIGGER border_leg_stays BEFORE DELETE ON border_leg
BEGIN SELECT RAISE(ABORT, 'border_leg: rows are never deleted'); END

CREATE TRIGGER border_leg_is_kept BEFORE UPDATE OF "number", "cycle", "side", "other_side", "before_minor", "flow_minor", "position_minor", "quota_owing_minor", "quota_owed_minor", "hard_minor", "carried_minor", "hard_other_minor", "carried_other_minor" ON border_leg
BEGIN SELECT RAISE(ABORT, 'border_leg: only state may change'); END

CREATE TRIGGER border_leg_moves BEFORE UPDATE OF state ON border_leg
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'planned' THEN NEW.state = 'booked'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'border_leg: its state does not move so'); END

CREATE TRIGGER border_leg_is_not_replaced BEFORE INSERT ON border_leg
WHEN EXISTS (SELECT 1 FROM border_leg WHERE "cycle" = NEW."cycle" AND "side" = NEW."side" AND "other_side" = NEW."other_side") OR EXISTS (SELECT 1 FROM border_leg WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'border_leg: it is there already'); END

CREATE TRIGGER border_payment_stays BEFORE DELETE ON border_payment
BEGIN SELECT RAISE(ABORT, 'border_payment: rows are never deleted'); END

CREATE TRIGGER border_payment_is_kept BEFORE UPDATE OF "id", "cycle", "debtor_side", "creditor_side", "amount_minor", "debtor_currency", "debtor_minor", "creditor_currency", "creditor_minor", "reference", "instead_of" ON border_payment
BEGIN SELECT RAISE(ABORT, 'border_payment: only state, sent_minor, arrived_minor, release_act, release_act_kind may change'); END

CREATE TRIGGER border_payment_begins BEFORE INSERT ON border_payment
WHEN (NEW.state <> 'ready' AND NEW.state <> 'released')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'border_payment: no row begins in this state'); END

CREATE TRIGGER border_payment_moves BEFORE UPDATE OF state ON border_payment
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'arrived' THEN NEW.state = 'released'
WHEN 'ready' THEN NEW.state = 'released' OR NEW.state = 'stopped'
WHEN 'released' THEN NEW.state = 'arrived' OR NEW.state = 'returned'
WHEN 'returned' THEN NEW.state = 'released'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'border_payment: its state does not move so'); END

CREATE TRIGGER border_payment_release_act_in_time BEFORE INSERT ON border_payment
WHEN (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed') AND NOT EXISTS (SELECT 1 FROM left_payment WHERE end_to_end = NEW.reference AND amount_minor = NEW.debtor_minor AND resume_act = NEW.release_act))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'border_payment: the act behind it is not being done'); END

CREATE TRIGGER border_payment_release_act_put_in_time BEFORE UPDATE OF "release_act" ON border_payment
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'border_payment: the act behind it is not being done'); END

CREATE TRIGGER border_payment_is_not_replaced BEFORE INSERT ON border_payment
WHEN EXISTS (SELECT 1 FROM border_payment WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM border_payment WHERE "reference" = NEW."reference")
BEGIN SELECT RAISE(ABORT, 'border_payment: it is there already'); END

CREATE TRIGGER border_payment_release_act_is_tied BEFORE INSERT ON border_payment
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."release_act" AND "kind" = NEW."release_act_kind")
BEGIN SELECT RAISE(ABORT, 'border_payment: two people must stand behind it'); END

CREATE TRIGGER border_payment_release_act_stays_tied BEFORE UPDATE OF "release_act", "release_act_kind" ON border_payment
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."release_act" AND "kind" = NEW."release_act_kind")
BEGIN SELECT RAISE(ABORT, 'border_payment: two people must stand behind it'); END

CREATE TRIGGER border_quota_stays BEFORE DELETE ON border_quota
BEGIN SELECT RAISE(ABORT, 'border_quota: rows are never deleted'); END

CREATE TRIGGER border_quota_is_kept BEFORE UPDATE ON border_quota
BEGIN SELECT RAISE(ABORT, 'border_quota: rows are never changed'); END

CREATE TRIGGER border_quota_quota_act_in_time BEFORE INSERT ON border_quota
WHEN (NEW."quota_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."quota_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'border_quota: the act behind it is not being done'); END

CREATE TRIGGER border_quota_is_not_replaced BEFORE INSERT ON border_quota
WHEN EXISTS (SELECT 1 FROM border_quota WHERE "debtor_side" = NEW."debtor_side" AND "creditor_side" = NEW."creditor_side" AND "quota_act" = NEW."quota_act")
BEGIN SELECT RAISE(ABORT, 'border_quota: it is there already'); END

CREATE TRIGGER border_quota_quota_act_is_tied BEFORE INSERT ON border_quota
WHEN NEW."quota_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."quota_act" AND "kind" = NEW."quota_act_kind")
BEGIN SELECT RAISE(ABORT, 'border_quota: two people must stand behind it'); END

CREATE TRIGGER case_event_stays BEFORE DELETE ON case_event
BEGIN SELECT RAISE(ABORT, 'case_event: rows are never deleted'); END

CREATE TRIGGER case_event_is_kept BEFORE UPDATE ON case_event
BEGIN SELECT RAISE(ABORT, 'case_event: rows are never changed'); END

CREATE TRIGGER case_event_is_not_replaced BEFORE INSERT ON case_event
WHEN EXISTS (SELECT 1 FROM case_event WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'case_event: it is there already'); END

CREATE TRIGGER case_event_act_id_is_tied BEFORE INSERT ON case_event
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'case_event: two people must stand behind it'); END

CREATE TRIGGER customs_file_stays BEFORE DELETE ON customs_file
BEGIN SELECT RAISE(ABORT, 'customs_file: rows are never deleted'); END

CREATE TRIGGER customs_file_is_kept BEFORE UPDATE ON customs_file
BEGIN SELECT RAISE(ABORT, 'customs_file: rows are never changed'); END

CREATE TRIGGER customs_file_is_not_replaced BEFORE INSERT ON customs_file
WHEN EXISTS (SELECT 1 FROM customs_file WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM customs_file WHERE "side" = NEW."side" AND "digest" = NEW."digest")
BEGIN SELECT RAISE(ABORT, 'customs_file: it is there already'); END

CREATE TRIGGER customs_file_imported_by_is_tied BEFORE INSERT ON customs_file
WHEN NEW."imported_by" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."imported_by")
BEGIN SELECT RAISE(ABORT, 'customs_file: a person must stand behind it'); END

CREATE TRIGGER customs_file_follows BEFORE INSERT ON customs_file
WHEN (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM customs_file) OR EXISTS (SELECT 1 FROM customs_file WHERE side = NEW.side AND dated > NEW.dated))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'customs_file: one follows the other, and none is older than the last'); END

CREATE TRIGGER customs_file_by_compliance BEFORE INSERT ON customs_file
WHEN (NOT EXISTS (SELECT 1 FROM person JOIN person_right ON person_right.person = person.id WHERE person.id = NEW.imported_by AND person.state = 'active' AND person_right."right" = 'case.decide'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'customs_file: it comes in through compliance'); END

CREATE TRIGGER customs_use_stays BEFORE DELETE ON customs_use
BEGIN SELECT RAISE(ABORT, 'customs_use: rows are never deleted'); END

CREATE TRIGGER customs_use_is_kept BEFORE UPDATE ON customs_use
BEGIN SELECT RAISE(ABORT, 'customs_use: rows are never changed'); END

CREATE TRIGGER customs_use_is_not_replaced BEFORE INSERT ON customs_use
WHEN EXISTS (SELECT 1 FROM customs_use WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM customs_use WHERE "reference" = NEW."reference" AND "obligation" = NEW."obligation" AND "code" = NEW."code" AND "unit" = NEW."unit" AND "cycle" = NEW."cycle" AND "kind" = NEW."kind")
BEGIN SELECT RAISE(ABORT, 'customs_use: it is there already'); END

CREATE TRIGGER customs_use_fits BEFORE INSERT ON customs_use
WHEN (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM customs_use) OR (NEW.kind = 'use' AND 4 * ((SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor ELSE -value_minor END), 0) FROM customs_use WHERE reference = NEW.reference) + NEW.value_minor) > 5 * coalesce((SELECT CASE cancelled WHEN 1 THEN 0 ELSE value_minor END FROM declaration WHERE reference = NEW.reference AND customs_file = (SELECT max(customs_file) FROM declaration WHERE reference = NEW.reference)), 0)) OR (NEW.kind = 'give_back' AND (SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor ELSE -value_minor END), 0) FROM customs_use WHERE reference = NEW.reference AND obligation = NEW.obligation) < NEW.value_minor))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'customs_use: a declaration is used once, and for no more than was declared'); END

CREATE TRIGGER cycle_stays BEFORE DELETE ON cycle
BEGIN SELECT RAISE(ABORT, 'cycle: rows are never deleted'); END

CREATE TRIGGER cycle_is_kept BEFORE UPDATE OF "id", "number", "opened_at", "rules_version" ON cycle
BEGIN SELECT RAISE(ABORT, 'cycle: only state, paused, business_day, cut_off_at, window_ends_at, pay_in_deadline, frozen_digest, planned_run may change'); END

CREATE TRIGGER cycle_begins BEFORE INSERT ON cycle
WHEN (NEW.state <> 'open')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'cycle: no row begins in this state'); END

CREATE TRIGGER cycle_moves BEFORE UPDATE OF state ON cycle
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'correcting' THEN NEW.state = 'irrevocable'
WHEN 'entered' THEN NEW.state = 'correcting'
WHEN 'final' THEN NEW.state = 'instructed'
WHEN 'instructed' THEN NEW.state = 'planned'
WHEN 'irrevocable' THEN NEW.state = 'final'
WHEN 'open' THEN NEW.state = 'entered'
WHEN 'planned' THEN NEW.state = 'settled'
WHEN 'settled' THEN NEW.state = 'closed'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'cycle: its state does not move so'); END

CREATE TRIGGER cycle_is_not_replaced BEFORE INSERT ON cycle
WHEN EXISTS (SELECT 1 FROM cycle WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM cycle WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'cycle: it is there already'); END

CREATE TRIGGER cycle_is_final_by_its_run BEFORE UPDATE OF state ON cycle
WHEN NEW.state = 'final' AND NOT EXISTS (SELECT 1 FROM run WHERE cycle = NEW.id AND kind = 'final')
BEGIN SELECT RAISE(ABORT, 'cycle: there is no final run'); END

CREATE TRIGGER cycle_is_frozen BEFORE UPDATE OF frozen_digest ON cycle
WHEN OLD.state NOT IN ('open', 'entered', 'correcting')
BEGIN SELECT RAISE(ABORT, 'cycle: its set is bound'); END

CREATE TRIGGER cycle_member_stays BEFORE DELETE ON cycle_member
BEGIN SELECT RAISE(ABORT, 'cycle_member: rows are never deleted'); END

CREATE TRIGGER cycle_member_is_kept BEFORE UPDATE OF "cycle", "obligation", "open_minor", "content_digest", "verdict_id", "verdict_kind", "verdict_outcome" ON cycle_member
BEGIN SELECT RAISE(ABORT, 'cycle_member: only left_why, left_act may change'); END

CREATE TRIGGER cycle_member_is_not_replaced BEFORE INSERT ON cycle_member
WHEN EXISTS (SELECT 1 FROM cycle_member WHERE "cycle" = NEW."cycle" AND "obligation" = NEW."obligation")
BEGIN SELECT RAISE(ABORT, 'cycle_member: it is there already'); END

CREATE TRIGGER cycle_member_left_act_is_tied BEFORE INSERT ON cycle_member
WHEN NEW."left_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."left_act")
BEGIN SELECT RAISE(ABORT, 'cycle_member: two people must stand behind it'); END

CREATE TRIGGER cycle_member_left_act_stays_tied BEFORE UPDATE OF "left_act" ON cycle_member
WHEN NEW."left_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."left_act")
BEGIN SELECT RAISE(ABORT, 'cycle_member: two people must stand behind it'); END

CREATE TRIGGER cycle_member_verdict_id_is_tied BEFORE INSERT ON cycle_member
WHEN NEW."verdict_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM verdict WHERE "id" = NEW."verdict_id" AND "subject_kind" = NEW."verdict_kind" AND "subject" = NEW."obligation" AND "content_digest" = NEW."content_digest" AND "outcome" = NEW."verdict_outcome")
BEGIN SELECT RAISE(ABORT, 'cycle_member: a released verdict must stand behind it'); END

CREATE TRIGGER cycle_member_enters BEFORE INSERT ON cycle_member
WHEN (NOT (EXISTS (SELECT 1 FROM obligation JOIN cycle ON cycle.id = NEW.cycle WHERE obligation.number = NEW.obligation AND obligation.content_digest = NEW.content_digest AND obligation.open_minor = NEW.open_minor AND obligation.state = 'confirmed' AND cycle.state = 'open')))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'cycle_member: only what is confirmed, as it stands, enters a cycle that is open'); END

CREATE TRIGGER cycle_member_leaves BEFORE UPDATE OF left_why, left_act ON cycle_member
WHEN OLD.left_why IS NOT NULL OR NEW.left_why IS NULL OR (NEW.left_why <> 'house review' AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.left_act AND act.kind IN ('cycle.correct', 'participant.default') AND act.state = 'proposed')) OR NOT EXISTS (SELECT 1 FROM cycle WHERE id = NEW.cycle AND state IN ('entered', 'correcting', 'irrevocable'))
BEGIN SELECT RAISE(ABORT, 'cycle_member: it leaves by two people or the gate, before the final run, once'); END

CREATE TRIGGER cycle_step_stays BEFORE DELETE ON cycle_step
BEGIN SELECT RAISE(ABORT, 'cycle_step: rows are never deleted'); END

CREATE TRIGGER cycle_step_is_kept BEFORE UPDATE ON cycle_step
BEGIN SELECT RAISE(ABORT, 'cycle_step: rows are never changed'); END

CREATE TRIGGER cycle_step_is_not_replaced BEFORE INSERT ON cycle_step
WHEN EXISTS (SELECT 1 FROM cycle_step WHERE "cycle" = NEW."cycle" AND "step" = NEW."step" AND "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'cycle_step: it is there already'); END

CREATE TRIGGER declaration_stays BEFORE DELETE ON declaration
BEGIN SELECT RAISE(ABORT, 'declaration: rows are never deleted'); END

CREATE TRIGGER declaration_is_kept BEFORE UPDATE ON declaration
BEGIN SELECT RAISE(ABORT, 'declaration: rows are never changed'); END

CREATE TRIGGER declaration_is_not_replaced BEFORE INSERT ON declaration
WHEN EXISTS (SELECT 1 FROM declaration WHERE "customs_file" = NEW."customs_file" AND "position" = NEW."position")
BEGIN SELECT RAISE(ABORT, 'declaration: it is there already'); END

CREATE TRIGGER declaration_of_the_last BEFORE INSERT ON declaration
WHEN (NOT (EXISTS (SELECT 1 FROM customs_file WHERE id = NEW.customs_file AND id = (SELECT max(id) FROM customs_file) AND NEW.position BETWEEN 1 AND declarations)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'declaration: a customs file has the declarations it came with'); END

CREATE TRIGGER default_case_stays BEFORE DELETE ON default_case
BEGIN SELECT RAISE(ABORT, 'default_case: rows are never deleted'); END

CREATE TRIGGER default_case_is_kept BEFORE UPDATE OF "participant", "reason", "opened_at", "known_at", "standing", "default_act", "default_act_kind" ON default_case
BEGIN SELECT RAISE(ABORT, 'default_case: only estate_act, estate_act_kind may change'); END

CREATE TRIGGER default_case_default_act_in_time BEFORE INSERT ON default_case
WHEN (NEW."default_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."default_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'default_case: the act behind it is not being done'); END

CREATE TRIGGER default_case_estate_act_in_time BEFORE INSERT ON default_case
WHEN (NEW."estate_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."estate_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'default_case: the act behind it is not being done'); END

CREATE TRIGGER default_case_estate_act_put_in_time BEFORE UPDATE OF "estate_act" ON default_case
WHEN NEW."estate_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."estate_act" AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'default_case: the act behind it is not being done'); END

CREATE TRIGGER default_case_is_not_replaced BEFORE INSERT ON default_case
WHEN EXISTS (SELECT 1 FROM default_case WHERE "participant" = NEW."participant" AND "default_act" = NEW."default_act")
BEGIN SELECT RAISE(ABORT, 'default_case: it is there already'); END

CREATE TRIGGER default_case_default_act_is_tied BEFORE INSERT ON default_case
WHEN NEW."default_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."default_act" AND "kind" = NEW."default_act_kind")
BEGIN SELECT RAISE(ABORT, 'default_case: two people must stand behind it'); END

CREATE TRIGGER default_case_estate_act_is_tied BEFORE INSERT ON default_case
WHEN NEW."estate_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."estate_act" AND "kind" = NEW."estate_act_kind")
BEGIN SELECT RAISE(ABORT, 'default_case: two people must stand behind it'); END

CREATE TRIGGER default_case_estate_act_stays_tied BEFORE UPDATE OF "estate_act", "estate_act_kind" ON default_case
WHEN NEW."estate_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."estate_act" AND "kind" = NEW."estate_act_kind")
BEGIN SELECT RAISE(ABORT, 'default_case: two people must stand behind it'); END

CREATE TRIGGER delivery_stays BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'delivery: rows are never deleted'); END

CREATE TRIGGER delivery_is_kept BEFORE UPDATE OF "number", "webhook", "event", "again", "kind", "body", "made_at" ON delivery
BEGIN SELECT RAISE(ABORT, 'delivery: only state, due_at, taken_by, lease_until, attempts, ended_at may change'); END

CREATE TRIGGER delivery_begins BEFORE INSERT ON delivery
WHEN (NEW.state <> 'waiting')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'delivery: no row begins in this state'); END

CREATE TRIGGER delivery_moves BEFORE UPDATE OF state ON delivery
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'waiting' THEN NEW.state = 'delivered' OR NEW.state = 'failed'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'delivery: its state does not move so'); END

CREATE TRIGGER delivery_is_not_replaced BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE "number" = NEW."number") OR EXISTS (SELECT 1 FROM delivery WHERE "webhook" = NEW."webhook" AND "event" = NEW."event" AND "again" = NEW."again")
BEGIN SELECT RAISE(ABORT, 'delivery: it is there already'); END

CREATE TRIGGER delivery_try_stays BEFORE DELETE ON delivery_try
BEGIN SELECT RAISE(ABORT, 'delivery_try: rows are never deleted'); END

CREATE TRIGGER delivery_try_is_kept BEFORE UPDATE ON delivery_try
BEGIN SELECT RAISE(ABORT, 'delivery_try: rows are never changed'); END

CREATE TRIGGER delivery_try_is_not_replaced BEFORE INSERT ON delivery_try
WHEN EXISTS (SELECT 1 FROM delivery_try WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'delivery_try: it is there already'); END

CREATE TRIGGER discharge_stays BEFORE DELETE ON discharge
BEGIN SELECT RAISE(ABORT, 'discharge: rows are never deleted'); END

CREATE TRIGGER discharge_is_kept BEFORE UPDATE ON discharge
BEGIN SELECT RAISE(ABORT, 'discharge: rows are never changed'); END

CREATE TRIGGER discharge_is_not_replaced BEFORE INSERT ON discharge
WHEN EXISTS (SELECT 1 FROM discharge WHERE "run" = NEW."run" AND "obligation" = NEW."obligation")
BEGIN SELECT RAISE(ABORT, 'discharge: it is there already'); END

CREATE TRIGGER discharge_by_its_run BEFORE INSERT ON discharge
WHEN (NOT (EXISTS (SELECT 1 FROM run JOIN cycle ON cycle.id = run.cycle WHERE run.id = NEW.run AND (run.kind = 'final' AND cycle.state = 'irrevocable' OR run.kind = 'recast' AND cycle.state = 'instructed' OR run.kind = 'preliminary' AND cycle.state IN ('entered', 'correcting')))))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'discharge: a run that is published stays as it is'); END

CREATE TRIGGER document_stays BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'document: rows are never deleted'); END

CREATE TRIGGER document_is_kept BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'document: rows are never changed'); END

CREATE TRIGGER document_is_not_replaced BEFORE INSERT ON document
WHEN EXISTS (SELECT 1 FROM document WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM document WHERE "seller" = NEW."seller" AND "kind" = NEW."kind" AND "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'document: it is there already'); END

CREATE TRIGGER document_tax_stays BEFORE DELETE ON document_tax
BEGIN SELECT RAISE(ABORT, 'document_tax: rows are never deleted'); END

CREATE TRIGGER document_tax_is_kept BEFORE UPDATE ON document_tax
BEGIN SELECT RAISE(ABORT, 'document_tax: rows are never changed'); END

CREATE TRIGGER document_tax_is_not_replaced BEFORE INSERT ON document_tax
WHEN EXISTS (SELECT 1 FROM document_tax WHERE "document" = NEW."document" AND "place" = NEW."place")
BEGIN SELECT RAISE(ABORT, 'document_tax: it is there already'); END

CREATE TRIGGER filing_stays BEFORE DELETE ON filing
BEGIN SELECT RAISE(ABORT, 'filing: rows are never deleted'); END

CREATE TRIGGER filing_is_kept BEFORE UPDATE ON filing
BEGIN SELECT RAISE(ABORT, 'filing: rows are never changed'); END

CREATE TRIGGER filing_is_not_replaced BEFORE INSERT ON filing
WHEN EXISTS (SELECT 1 FROM filing WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'filing: it is there already'); END

CREATE TRIGGER fixing_stays BEFORE DELETE ON fixing
BEGIN SELECT RAISE(ABORT, 'fixing: rows are never deleted'); END

CREATE TRIGGER fixing_is_kept BEFORE UPDATE ON fixing
BEGIN SELECT RAISE(ABORT, 'fixing: rows are never changed'); END

CREATE TRIGGER fixing_fixing_act_in_time BEFORE INSERT ON fixing
WHEN (NEW."fixing_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."fixing_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'fixing: the act behind it is not being done'); END

CREATE TRIGGER fixing_is_not_replaced BEFORE INSERT ON fixing
WHEN EXISTS (SELECT 1 FROM fixing WHERE "cycle" = NEW."cycle")
BEGIN SELECT RAISE(ABORT, 'fixing: it is there already'); END

CREATE TRIGGER fixing_fixing_act_is_tied BEFORE INSERT ON fixing
WHEN NEW."fixing_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."fixing_act" AND "kind" = NEW."fixing_act_kind")
BEGIN SELECT RAISE(ABORT, 'fixing: two people must stand behind it'); END

CREATE TRIGGER flag_look_stays BEFORE DELETE ON flag_look
BEGIN SELECT RAISE(ABORT, 'flag_look: rows are never deleted'); END

CREATE TRIGGER flag_look_is_kept BEFORE UPDATE ON flag_look
BEGIN SELECT RAISE(ABORT, 'flag_look: rows are never changed'); END

CREATE TRIGGER flag_look_is_not_replaced BEFORE INSERT ON flag_look
WHEN EXISTS (SELECT 1 FROM flag_look WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'flag_look: it is there already'); END

CREATE TRIGGER flag_look_follows BEFORE INSERT ON flag_look
WHEN (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM flag_look))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'flag_look: one follows the other'); END

CREATE TRIGGER gate_case_stays BEFORE DELETE ON gate_case
BEGIN SELECT RAISE(ABORT, 'gate_case: rows are never deleted'); END

CREATE TRIGGER gate_case_is_kept BEFORE UPDATE OF "id", "subject_kind", "subject", "about", "subject_digest", "list_name", "entry", "entry_digest", "score", "evidence", "opened_at" ON gate_case
BEGIN SELECT RAISE(ABORT, 'gate_case: only state, decision_act, decision_act_kind may change'); END

CREATE TRIGGER gate_case_begins BEFORE INSERT ON gate_case
WHEN (NEW.state <> 'open')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'gate_case: no row begins in this state'); END

CREATE TRIGGER gate_case_moves BEFORE UPDATE OF state ON gate_case
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'cleared' THEN NEW.state = 'confirmed'
WHEN 'confirmed' THEN NEW.state = 'released'
WHEN 'open' THEN NEW.state = 'cleared' OR NEW.state = 'confirmed'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'gate_case: its state does not move so'); END

CREATE TRIGGER gate_case_decision_act_in_time BEFORE INSERT ON gate_case
WHEN (NEW."decision_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."decision_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'gate_case: the act behind it is not being done'); END

CREATE TRIGGER gate_case_decision_act_put_in_time BEFORE UPDATE OF "decision_act" ON gate_case
WHEN NEW."decision_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."decision_act" AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'gate_case: the act behind it is not being done'); END

CREATE TRIGGER gate_case_is_not_replaced BEFORE INSERT ON gate_case
WHEN EXISTS (SELECT 1 FROM gate_case WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM gate_case WHERE "subject_kind" = NEW."subject_kind" AND "subject" = NEW."subject" AND "about" = NEW."about" AND "subject_digest" = NEW."subject_digest" AND "list_name" = NEW."list_name" AND "entry" = NEW."entry" AND "entry_digest" = NEW."entry_digest")
BEGIN SELECT RAISE(ABORT, 'gate_case: it is there already'); END

CREATE TRIGGER gate_case_decision_act_is_tied BEFORE INSERT ON gate_case
WHEN NEW."decision_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."decision_act" AND "kind" = NEW."decision_act_kind")
BEGIN SELECT RAISE(ABORT, 'gate_case: two people must stand behind it'); END

CREATE TRIGGER gate_case_decision_act_stays_tied BEFORE UPDATE OF "decision_act", "decision_act_kind" ON gate_case
WHEN NEW."decision_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."decision_act" AND "kind" = NEW."decision_act_kind")
BEGIN SELECT RAISE(ABORT, 'gate_case: two people must stand behind it'); END

CREATE TRIGGER gate_case_decided_anew BEFORE UPDATE OF state ON gate_case
WHEN NEW.state <> OLD.state AND OLD.decision_act = NEW.decision_act
BEGIN SELECT RAISE(ABORT, 'gate_case: each decision takes an act of its own'); END

CREATE TRIGGER gate_setting_stays BEFORE DELETE ON gate_setting
BEGIN SELECT RAISE(ABORT, 'gate_setting: rows are never deleted'); END

CREATE TRIGGER gate_setting_is_kept BEFORE UPDATE ON gate_setting
BEGIN SELECT RAISE(ABORT, 'gate_setting: rows are never changed'); END

CREATE TRIGGER gate_setting_is_not_replaced BEFORE INSERT ON gate_setting
WHEN EXISTS (SELECT 1 FROM gate_setting WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'gate_setting: it is there already'); END

CREATE TRIGGER gate_setting_follows BEFORE INSERT ON gate_setting
WHEN NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM gate_setting)
BEGIN SELECT RAISE(ABORT, 'gate_setting: one follows the other'); END

CREATE TRIGGER house_stays BEFORE DELETE ON house
BEGIN SELECT RAISE(ABORT, 'house: rows are never deleted'); END

CREATE TRIGGER house_is_kept BEFORE UPDATE OF "id", "name", "kind", "unit", "opened_at" ON house
BEGIN SELECT RAISE(ABORT, 'house: only clock_at, read_only may change'); END

CREATE TRIGGER house_is_not_replaced BEFORE INSERT ON house
WHEN EXISTS (SELECT 1 FROM house WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'house: it is there already'); END

CREATE TRIGGER house_is_one BEFORE INSERT ON house
WHEN EXISTS (SELECT 1 FROM house)
BEGIN SELECT RAISE(ABORT, 'house: there is one here already'); END

CREATE TRIGGER house_resumes_by_two BEFORE UPDATE OF read_only ON house
WHEN NEW.read_only < OLD.read_only AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.kind = 'house.resume' AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'house: two people let it resume'); END

CREATE TRIGGER house_key_stays BEFORE DELETE ON house_key
BEGIN SELECT RAISE(ABORT, 'house_key: rows are never deleted'); END

CREATE TRIGGER house_key_is_kept BEFORE UPDATE OF "id", "public_key", "since" ON house_key
BEGIN SELECT RAISE(ABORT, 'house_key: only until may change'); END

CREATE TRIGGER house_key_is_not_replaced BEFORE INSERT ON house_key
WHEN EXISTS (SELECT 1 FROM house_key WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'house_key: it is there already'); END

CREATE TRIGGER house_rules_stays BEFORE DELETE ON house_rules
BEGIN SELECT RAISE(ABORT, 'house_rules: rows are never deleted'); END

CREATE TRIGGER house_rules_is_kept BEFORE UPDATE ON house_rules
BEGIN SELECT RAISE(ABORT, 'house_rules: rows are never changed'); END

CREATE TRIGGER house_rules_is_not_replaced BEFORE INSERT ON house_rules
WHEN EXISTS (SELECT 1 FROM house_rules WHERE "version" = NEW."version")
BEGIN SELECT RAISE(ABORT, 'house_rules: it is there already'); END

CREATE TRIGGER house_rules_act_id_is_tied BEFORE INSERT ON house_rules
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'house_rules: two people must stand behind it'); END

CREATE TRIGGER house_rules_by_two BEFORE INSERT ON house_rules
WHEN (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('rules.change') AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'house_rules: two people change the rules'); END

CREATE TRIGGER job_stays BEFORE DELETE ON job
BEGIN SELECT RAISE(ABORT, 'job: rows are never deleted'); END

CREATE TRIGGER job_is_kept BEFORE UPDATE OF "number", "kind", "subject", "content", "asked_by", "asked_at" ON job
BEGIN SELECT RAISE(ABORT, 'job: only state, stage, permille, due_at, began_at, ended_at, taken_by, lease_until, attempts, code, message, result may change'); END

CREATE TRIGGER job_begins BEFORE INSERT ON job
WHEN (NEW.state <> 'waiting')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'job: no row begins in this state'); END

CREATE TRIGGER job_moves BEFORE UPDATE OF state ON job
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'failed' THEN NEW.state = 'waiting'
WHEN 'running' THEN NEW.state = 'done' OR NEW.state = 'failed' OR NEW.state = 'waiting'
WHEN 'waiting' THEN NEW.state = 'failed' OR NEW.state = 'running'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'job: its state does not move so'); END

CREATE TRIGGER job_is_not_replaced BEFORE INSERT ON job
WHEN EXISTS (SELECT 1 FROM job WHERE "number" = NEW."number") OR (NEW.state IN ('waiting', 'running') AND EXISTS (SELECT 1 FROM job WHERE "kind" = NEW."kind" AND "subject" = NEW."subject" AND state IN ('waiting', 'running')))
BEGIN SELECT RAISE(ABORT, 'job: it is there already'); END

CREATE TRIGGER journal_entry_stays BEFORE DELETE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal_entry: rows are never deleted'); END

CREATE TRIGGER journal_entry_is_kept BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal_entry: rows are never changed'); END

CREATE TRIGGER journal_entry_is_not_replaced BEFORE INSERT ON journal_entry
WHEN EXISTS (SELECT 1 FROM journal_entry WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'journal_entry: it is there already'); END

CREATE TRIGGER journal_entry_act_id_is_tied BEFORE INSERT ON journal_entry
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'journal_entry: two people must stand behind it'); END

CREATE TRIGGER journal_entry_follows BEFORE INSERT ON journal_entry
WHEN NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM journal_entry) OR (NEW.number > 1 AND NEW.previous_hash <> (SELECT hash FROM journal_entry WHERE number = NEW.number - 1))
BEGIN SELECT RAISE(ABORT, 'journal_entry: entries follow each other'); END

CREATE TRIGGER left_payment_stays BEFORE DELETE ON left_payment
BEGIN SELECT RAISE(ABORT, 'left_payment: rows are never deleted'); END

CREATE TRIGGER left_payment_is_kept BEFORE UPDATE ON left_payment
BEGIN SELECT RAISE(ABORT, 'left_payment: rows are never changed'); END

CREATE TRIGGER left_payment_resume_act_in_time BEFORE INSERT ON left_payment
WHEN (NEW."resume_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."resume_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'left_payment: the act behind it is not being done'); END

CREATE TRIGGER left_payment_is_not_replaced BEFORE INSERT ON left_payment
WHEN EXISTS (SELECT 1 FROM left_payment WHERE "end_to_end" = NEW."end_to_end")
BEGIN SELECT RAISE(ABORT, 'left_payment: it is there already'); END

CREATE TRIGGER left_payment_resume_act_is_tied BEFORE INSERT ON left_payment
WHEN NEW."resume_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."resume_act" AND "kind" = NEW."resume_act_kind")
BEGIN SELECT RAISE(ABORT, 'left_payment: two people must stand behind it'); END

CREATE TRIGGER licence_stays BEFORE DELETE ON licence
BEGIN SELECT RAISE(ABORT, 'licence: rows are never deleted'); END

CREATE TRIGGER licence_is_kept BEFORE UPDATE ON licence
BEGIN SELECT RAISE(ABORT, 'licence: rows are never changed'); END

CREATE TRIGGER licence_licence_act_in_time BEFORE INSERT ON licence
WHEN (NEW."licence_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."licence_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'licence: the act behind it is not being done'); END

CREATE TRIGGER licence_is_not_replaced BEFORE INSERT ON licence
WHEN EXISTS (SELECT 1 FROM licence WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'licence: it is there already'); END

CREATE TRIGGER licence_licence_act_is_tied BEFORE INSERT ON licence
WHEN NEW."licence_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."licence_act" AND "kind" = NEW."licence_act_kind")
BEGIN SELECT RAISE(ABORT, 'licence: two people must stand behind it'); END

CREATE TRIGGER licence_follows BEFORE INSERT ON licence
WHEN (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM licence))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'licence: one follows the other'); END

CREATE TRIGGER licence_by_two BEFORE INSERT ON licence
WHEN (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.licence_act AND act.kind IN ('licence.enter', 'licence.revoke') AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'licence: two people enter, change or end one'); END

CREATE TRIGGER licence_entry_stays BEFORE DELETE ON licence_entry
BEGIN SELECT RAISE(ABORT, 'licence_entry: rows are never deleted'); END

CREATE TRIGGER licence_entry_is_kept BEFORE UPDATE ON licence_entry
BEGIN SELECT RAISE(ABORT, 'licence_entry: rows are never changed'); END

CREATE TRIGGER licence_entry_is_not_replaced BEFORE INSERT ON licence_entry
WHEN EXISTS (SELECT 1 FROM licence_entry WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'licence_entry: it is there already'); END

CREATE TRIGGER licence_entry_fits BEFORE INSERT ON licence_entry
WHEN (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM licence_entry) OR (NEW.kind = 'reserve' AND (SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN value_minor WHEN 'use' THEN 0 ELSE -value_minor END), 0) FROM licence_entry WHERE licence = NEW.licence) + NEW.value_minor > coalesce((SELECT CASE revoked WHEN 1 THEN 0 ELSE value_minor END FROM licence WHERE id = (SELECT max(id) FROM licence WHERE licence = NEW.licence)), 0)) OR ((NEW.kind = 'use' OR NEW.kind = 'give_back') AND (SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN value_minor WHEN 'return' THEN 0 ELSE -value_minor END), 0) FROM licence_entry WHERE licence = NEW.licence AND obligation = NEW.obligation) < NEW.value_minor) OR (NEW.kind = 'return' AND (SELECT coalesce(sum(CASE kind WHEN 'use' THEN value_minor WHEN 'return' THEN -value_minor ELSE 0 END), 0) FROM licence_entry WHERE licence = NEW.licence AND obligation = NEW.obligation) < NEW.value_minor))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'licence_entry: no more is taken of a licence than is left, or given back than was taken'); END

CREATE TRIGGER list_entry_stays BEFORE DELETE ON list_entry
BEGIN SELECT RAISE(ABORT, 'list_entry: rows are never deleted'); END

CREATE TRIGGER list_entry_is_kept BEFORE UPDATE ON list_entry
BEGIN SELECT RAISE(ABORT, 'list_entry: rows are never changed'); END

CREATE TRIGGER list_entry_is_not_replaced BEFORE INSERT ON list_entry
WHEN EXISTS (SELECT 1 FROM list_entry WHERE "list_id" = NEW."list_id" AND "position" = NEW."position")
BEGIN SELECT RAISE(ABORT, 'list_entry: it is there already'); END

CREATE TRIGGER list_entry_of_the_last BEFORE INSERT ON list_entry
WHEN (NOT (EXISTS (SELECT 1 FROM list_import WHERE id = NEW.list_id AND id = (SELECT max(id) FROM list_import) AND NEW.position BETWEEN 1 AND entries)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_entry: a list has the entries it came with'); END

CREATE TRIGGER list_import_stays BEFORE DELETE ON list_import
BEGIN SELECT RAISE(ABORT, 'list_import: rows are never deleted'); END

CREATE TRIGGER list_import_is_kept BEFORE UPDATE ON list_import
BEGIN SELECT RAISE(ABORT, 'list_import: rows are never changed'); END

CREATE TRIGGER list_import_smaller_act_in_time BEFORE INSERT ON list_import
WHEN (NEW."smaller_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."smaller_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_import: the act behind it is not being done'); END

CREATE TRIGGER list_import_is_not_replaced BEFORE INSERT ON list_import
WHEN EXISTS (SELECT 1 FROM list_import WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM list_import WHERE "smaller_act" = NEW."smaller_act")
BEGIN SELECT RAISE(ABORT, 'list_import: it is there already'); END

CREATE TRIGGER list_import_smaller_act_is_tied BEFORE INSERT ON list_import
WHEN NEW."smaller_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."smaller_act" AND "kind" = NEW."smaller_act_kind")
BEGIN SELECT RAISE(ABORT, 'list_import: two people must stand behind it'); END

CREATE TRIGGER list_import_follows BEFORE INSERT ON list_import
WHEN (NEW.id <> 1 + (SELECT coalesce(max(id), 0) FROM list_import) OR EXISTS (SELECT 1 FROM list_import WHERE name = NEW.name AND dated > NEW.dated))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_import: one follows the other, and none is older than the one in force'); END

CREATE TRIGGER list_import_smaller_by_two BEFORE INSERT ON list_import
WHEN (10 * NEW.entries < 9 * (SELECT coalesce(max(entries), 0) FROM list_import WHERE id = (SELECT max(id) FROM list_import WHERE name = NEW.name)) AND (NEW.smaller_act IS NULL OR NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.smaller_act AND act.kind IN ('list.smaller') AND act.state = 'proposed')))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_import: two people let in a list that lost more than a tenth'); END

CREATE TRIGGER list_import_un_floor BEFORE INSERT ON list_import
WHEN (NEW.name = 'un' AND 2 * NEW.entries < (SELECT coalesce(max(entries), 0) FROM list_import WHERE name = 'un'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_import: the list of the United Nations never falls below half of what it was'); END

CREATE TRIGGER list_retired_stays BEFORE DELETE ON list_retired
BEGIN SELECT RAISE(ABORT, 'list_retired: rows are never deleted'); END

CREATE TRIGGER list_retired_is_kept BEFORE UPDATE ON list_retired
BEGIN SELECT RAISE(ABORT, 'list_retired: rows are never changed'); END

CREATE TRIGGER list_retired_retire_act_in_time BEFORE INSERT ON list_retired
WHEN (NEW."retire_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."retire_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_retired: the act behind it is not being done'); END

CREATE TRIGGER list_retired_is_not_replaced BEFORE INSERT ON list_retired
WHEN EXISTS (SELECT 1 FROM list_retired WHERE "list_id" = NEW."list_id") OR EXISTS (SELECT 1 FROM list_retired WHERE "retire_act" = NEW."retire_act")
BEGIN SELECT RAISE(ABORT, 'list_retired: it is there already'); END

CREATE TRIGGER list_retired_retire_act_is_tied BEFORE INSERT ON list_retired
WHEN NEW."retire_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."retire_act" AND "kind" = NEW."retire_act_kind")
BEGIN SELECT RAISE(ABORT, 'list_retired: two people must stand behind it'); END

CREATE TRIGGER list_retired_own BEFORE INSERT ON list_retired
WHEN (NOT EXISTS (SELECT 1 FROM list_import WHERE id = NEW.list_id AND substr(name, 1, 4) = 'own:' AND id = (SELECT max(later.id) FROM list_import later WHERE later.name = list_import.name)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'list_retired: own lists may be retired while they hold, and nothing else'); END

CREATE TRIGGER list_text_stays BEFORE DELETE ON list_text
BEGIN SELECT RAISE(ABORT, 'list_text: rows are never deleted'); END

CREATE TRIGGER list_text_is_kept BEFORE UPDATE ON list_text
BEGIN SELECT RAISE(ABORT, 'list_text: rows are never changed'); END

CREATE TRIGGER list_text_is_not_replaced BEFORE INSERT ON list_text
WHEN EXISTS (SELECT 1 FROM list_text WHERE "digest" = NEW."digest")
BEGIN SELECT RAISE(ABORT, 'list_text: it is there already'); END

CREATE TRIGGER login_stays BEFORE DELETE ON login
BEGIN SELECT RAISE(ABORT, 'login: rows are never deleted'); END

CREATE TRIGGER login_is_kept BEFORE UPDATE OF "person" ON login
BEGIN SELECT RAISE(ABORT, 'login: only password, enrolment, code_step, failed, locked_until, since may change'); END

CREATE TRIGGER login_is_not_replaced BEFORE INSERT ON login
WHEN EXISTS (SELECT 1 FROM login WHERE "person" = NEW."person")
BEGIN SELECT RAISE(ABORT, 'login: it is there already'); END

CREATE TRIGGER login_person_is_tied BEFORE INSERT ON login
WHEN NEW."person" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."person")
BEGIN SELECT RAISE(ABORT, 'login: a person must stand behind it'); END

CREATE TRIGGER money_line_stays BEFORE DELETE ON money_line
BEGIN SELECT RAISE(ABORT, 'money_line: rows are never deleted'); END

CREATE TRIGGER money_line_is_kept BEFORE UPDATE OF "id", "side", "currency", "bank_reference", "amount_minor", "value_day", "payer", "reference", "body_digest", "pay_out", "border_payment", "noted_at", "entry" ON money_line
BEGIN SELECT RAISE(ABORT, 'money_line: only state, pay_in, matched_minor, reversed_by may change'); END

CREATE TRIGGER money_line_moves BEFORE UPDATE OF state ON money_line
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'matched' THEN NEW.state = 'reversed' OR NEW.state = 'suspense'
WHEN 'returned' THEN NEW.state = 'suspense'
WHEN 'suspense' THEN NEW.state = 'matched' OR NEW.state = 'returned' OR NEW.state = 'reversed'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'money_line: its state does not move so'); END

CREATE TRIGGER money_line_is_not_replaced BEFORE INSERT ON money_line
WHEN EXISTS (SELECT 1 FROM money_line WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM money_line WHERE "side" = NEW."side" AND "currency" = NEW."currency" AND "bank_reference" = NEW."bank_reference" AND "reversed_by" = NEW."reversed_by")
BEGIN SELECT RAISE(ABORT, 'money_line: it is there already'); END

CREATE TRIGGER money_line_missing_by_two BEFORE UPDATE OF state, matched_minor ON money_line
WHEN OLD.amount_minor < 0 AND OLD.state = 'suspense' AND (NEW.state <> OLD.state OR NEW.matched_minor <> OLD.matched_minor) AND NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.state = 'proposed' AND act.kind IN ('suspense.assign', 'entry.reverse'))
BEGIN SELECT RAISE(ABORT, 'money_line: two people settle what is missing'); END

CREATE TRIGGER obligation_stays BEFORE DELETE ON obligation
BEGIN SELECT RAISE(ABORT, 'obligation: rows are never deleted'); END

CREATE TRIGGER obligation_is_kept BEFORE UPDATE OF "number", "debtor", "creditor", "currency", "amount_minor", "due_day", "document", "document_day", "content_digest", "registered_at", "opposite_of" ON obligation
BEGIN SELECT RAISE(ABORT, 'obligation: only open_minor, state, flags, said, confirmed_at, joined_to may change'); END

CREATE TRIGGER obligation_begins BEFORE INSERT ON obligation
WHEN (NEW.state <> 'registered' AND NEW.state <> 'confirmed' AND NEW.state <> 'duplicate')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'obligation: no row begins in this state'); END

CREATE TRIGGER obligation_moves BEFORE UPDATE OF state ON obligation
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'confirmed' THEN NEW.state = 'credited' OR NEW.state = 'disputed' OR NEW.state = 'duplicate' OR NEW.state = 'entered' OR NEW.state = 'expired' OR NEW.state = 'withdrawn'
WHEN 'disputed' THEN NEW.state = 'confirmed' OR NEW.state = 'credited' OR NEW.state = 'expired' OR NEW.state = 'withdrawn'
WHEN 'duplicate' THEN NEW.state = 'confirmed' OR NEW.state = 'expired' OR NEW.state = 'registered' OR NEW.state = 'withdrawn'
WHEN 'entered' THEN NEW.state = 'confirmed' OR NEW.state = 'discharged'
WHEN 'registered' THEN NEW.state = 'confirmed' OR NEW.state = 'credited' OR NEW.state = 'disputed' OR NEW.state = 'duplicate' OR NEW.state = 'expired' OR NEW.state = 'joined' OR NEW.state = 'withdrawn'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'obligation: its state does not move so'); END

CREATE TRIGGER obligation_is_not_replaced BEFORE INSERT ON obligation
WHEN EXISTS (SELECT 1 FROM obligation WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'obligation: it is there already'); END

CREATE TRIGGER obligation_of_firms BEFORE INSERT ON obligation
WHEN (NOT (EXISTS (SELECT 1 FROM participant WHERE number = NEW.debtor) AND EXISTS (SELECT 1 FROM participant WHERE number = NEW.creditor)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'obligation: debtor and creditor are firms of the house'); END

CREATE TRIGGER obligation_falls BEFORE UPDATE OF open_minor ON obligation
WHEN NEW.open_minor > OLD.open_minor
BEGIN SELECT RAISE(ABORT, 'obligation: what is open never rises'); END

CREATE TRIGGER obligation_event_stays BEFORE DELETE ON obligation_event
BEGIN SELECT RAISE(ABORT, 'obligation_event: rows are never deleted'); END

CREATE TRIGGER obligation_event_is_kept BEFORE UPDATE ON obligation_event
BEGIN SELECT RAISE(ABORT, 'obligation_event: rows are never changed'); END

CREATE TRIGGER obligation_event_is_not_replaced BEFORE INSERT ON obligation_event
WHEN EXISTS (SELECT 1 FROM obligation_event WHERE "id" = NEW."id") OR (NEW.request IS NOT NULL AND EXISTS (SELECT 1 FROM obligation_event WHERE "request" = NEW."request" AND request IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'obligation_event: it is there already'); END

CREATE TRIGGER obligation_event_act_id_is_tied BEFORE INSERT ON obligation_event
WHEN NEW."act_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."act_id")
BEGIN SELECT RAISE(ABORT, 'obligation_event: two people must stand behind it'); END

CREATE TRIGGER obligation_event_of_one BEFORE INSERT ON obligation_event
WHEN (NOT (EXISTS (SELECT 1 FROM obligation WHERE number = NEW.obligation)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'obligation_event: it is of an obligation that is there'); END

CREATE TRIGGER obligation_line_stays BEFORE DELETE ON obligation_line
BEGIN SELECT RAISE(ABORT, 'obligation_line: rows are never deleted'); END

CREATE TRIGGER obligation_line_is_kept BEFORE UPDATE ON obligation_line
BEGIN SELECT RAISE(ABORT, 'obligation_line: rows are never changed'); END

CREATE TRIGGER obligation_line_is_not_replaced BEFORE INSERT ON obligation_line
WHEN EXISTS (SELECT 1 FROM obligation_line WHERE "obligation" = NEW."obligation" AND "line" = NEW."line")
BEGIN SELECT RAISE(ABORT, 'obligation_line: it is there already'); END

CREATE TRIGGER obligation_line_of_one BEFORE INSERT ON obligation_line
WHEN (NOT (EXISTS (SELECT 1 FROM obligation WHERE number = NEW.obligation)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'obligation_line: it is of an obligation that is there'); END

CREATE TRIGGER obligation_trade_stays BEFORE DELETE ON obligation_trade
BEGIN SELECT RAISE(ABORT, 'obligation_trade: rows are never deleted'); END

CREATE TRIGGER obligation_trade_is_kept BEFORE UPDATE ON obligation_trade
BEGIN SELECT RAISE(ABORT, 'obligation_trade: rows are never changed'); END

CREATE TRIGGER obligation_trade_is_not_replaced BEFORE INSERT ON obligation_trade
WHEN EXISTS (SELECT 1 FROM obligation_trade WHERE "obligation" = NEW."obligation")
BEGIN SELECT RAISE(ABORT, 'obligation_trade: it is there already'); END

CREATE TRIGGER obligation_trade_of_one BEFORE INSERT ON obligation_trade
WHEN (NOT (EXISTS (SELECT 1 FROM obligation WHERE number = NEW.obligation)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'obligation_trade: it is of an obligation that is there'); END

CREATE TRIGGER outbox_is_kept BEFORE UPDATE OF "number", "kind", "content", "at" ON outbox
BEGIN SELECT RAISE(ABORT, 'outbox: only handled_at may change'); END

CREATE TRIGGER outbox_is_not_replaced BEFORE INSERT ON outbox
WHEN EXISTS (SELECT 1 FROM outbox WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'outbox: it is there already'); END

CREATE TRIGGER pack_stays BEFORE DELETE ON pack
BEGIN SELECT RAISE(ABORT, 'pack: rows are never deleted'); END

CREATE TRIGGER pack_is_kept BEFORE UPDATE ON pack
BEGIN SELECT RAISE(ABORT, 'pack: rows are never changed'); END

CREATE TRIGGER pack_pack_act_in_time BEFORE INSERT ON pack
WHEN (NEW."pack_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."pack_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'pack: the act behind it is not being done'); END

CREATE TRIGGER pack_is_not_replaced BEFORE INSERT ON pack
WHEN EXISTS (SELECT 1 FROM pack WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'pack: it is there already'); END

CREATE TRIGGER pack_pack_act_is_tied BEFORE INSERT ON pack
WHEN NEW."pack_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."pack_act" AND "kind" = NEW."pack_act_kind")
BEGIN SELECT RAISE(ABORT, 'pack: two people must stand behind it'); END

CREATE TRIGGER participant_stays BEFORE DELETE ON participant
BEGIN SELECT RAISE(ABORT, 'participant: rows are never deleted'); END

CREATE TRIGGER participant_is_kept BEFORE UPDATE OF "number", "id", "since", "admission_act", "admission_act_kind" ON participant
BEGIN SELECT RAISE(ABORT, 'participant: only home_currency, accepts_conversion, language, number_format, side, state, version may change'); END

CREATE TRIGGER participant_begins BEFORE INSERT ON participant
WHEN (NEW.state <> 'admitted')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'participant: no row begins in this state'); END

CREATE TRIGGER participant_moves BEFORE UPDATE OF state ON participant
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'admitted' THEN NEW.state = 'defaulted' OR NEW.state = 'left' OR NEW.state = 'suspended'
WHEN 'defaulted' THEN NEW.state = 'left'
WHEN 'suspended' THEN NEW.state = 'admitted' OR NEW.state = 'defaulted' OR NEW.state = 'left'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'participant: its state does not move so'); END

CREATE TRIGGER participant_admission_act_in_time BEFORE INSERT ON participant
WHEN (NEW."admission_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."admission_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'participant: the act behind it is not being done'); END

CREATE TRIGGER participant_is_not_replaced BEFORE INSERT ON participant
WHEN EXISTS (SELECT 1 FROM participant WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM participant WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'participant: it is there already'); END

CREATE TRIGGER participant_admission_act_is_tied BEFORE INSERT ON participant
WHEN NEW."admission_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."admission_act" AND "kind" = NEW."admission_act_kind")
BEGIN SELECT RAISE(ABORT, 'participant: two people must stand behind it'); END

CREATE TRIGGER pay_in_stays BEFORE DELETE ON pay_in
BEGIN SELECT RAISE(ABORT, 'pay_in: rows are never deleted'); END

CREATE TRIGGER pay_in_is_kept BEFORE UPDATE OF "id", "cycle", "participant", "currency", "due_minor", "reference" ON pay_in
BEGIN SELECT RAISE(ABORT, 'pay_in: only arrived_minor, covered_minor, used_minor, state may change'); END

CREATE TRIGGER pay_in_begins BEFORE INSERT ON pay_in
WHEN (NEW.state <> 'called' AND NEW.state <> 'missed')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'pay_in: no row begins in this state'); END

CREATE TRIGGER pay_in_moves BEFORE UPDATE OF state ON pay_in
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'arrived' THEN NEW.state = 'called' OR NEW.state = 'closed' OR NEW.state = 'missed'
WHEN 'called' THEN NEW.state = 'arrived' OR NEW.state = 'closed' OR NEW.state = 'missed'
WHEN 'missed' THEN NEW.state = 'arrived' OR NEW.state = 'closed'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'pay_in: its state does not move so'); END

CREATE TRIGGER pay_in_is_not_replaced BEFORE INSERT ON pay_in
WHEN EXISTS (SELECT 1 FROM pay_in WHERE "cycle" = NEW."cycle" AND "participant" = NEW."participant" AND "currency" = NEW."currency") OR EXISTS (SELECT 1 FROM pay_in WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM pay_in WHERE "reference" = NEW."reference")
BEGIN SELECT RAISE(ABORT, 'pay_in: it is there already'); END

CREATE TRIGGER pay_in_limit_stays BEFORE DELETE ON pay_in_limit
BEGIN SELECT RAISE(ABORT, 'pay_in_limit: rows are never deleted'); END

CREATE TRIGGER pay_in_limit_is_kept BEFORE UPDATE ON pay_in_limit
BEGIN SELECT RAISE(ABORT, 'pay_in_limit: rows are never changed'); END

CREATE TRIGGER pay_in_limit_limit_act_in_time BEFORE INSERT ON pay_in_limit
WHEN (NEW."limit_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."limit_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'pay_in_limit: the act behind it is not being done'); END

CREATE TRIGGER pay_in_limit_is_not_replaced BEFORE INSERT ON pay_in_limit
WHEN EXISTS (SELECT 1 FROM pay_in_limit WHERE "participant" = NEW."participant" AND "currency" = NEW."currency" AND "limit_act" = NEW."limit_act")
BEGIN SELECT RAISE(ABORT, 'pay_in_limit: it is there already'); END

CREATE TRIGGER pay_in_limit_limit_act_is_tied BEFORE INSERT ON pay_in_limit
WHEN NEW."limit_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."limit_act" AND "kind" = NEW."limit_act_kind")
BEGIN SELECT RAISE(ABORT, 'pay_in_limit: two people must stand behind it'); END

CREATE TRIGGER pay_out_stays BEFORE DELETE ON pay_out
BEGIN SELECT RAISE(ABORT, 'pay_out: rows are never deleted'); END

CREATE TRIGGER pay_out_is_kept BEFORE UPDATE OF "id", "cycle", "side", "currency", "amount_minor", "participant", "payee", "account", "purpose", "source", "line", "end_to_end", "content_digest", "verdict_id", "verdict_kind", "verdict_outcome" ON pay_out
BEGIN SELECT RAISE(ABORT, 'pay_out: only state, release_act, release_act_kind may change'); END

CREATE TRIGGER pay_out_begins BEFORE INSERT ON pay_out
WHEN (NEW.state <> 'ready' AND NEW.state <> 'paid')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'pay_out: no row begins in this state'); END

CREATE TRIGGER pay_out_moves BEFORE UPDATE OF state ON pay_out
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'paid' THEN NEW.state = 'released' OR NEW.state = 'returned'
WHEN 'ready' THEN NEW.state = 'released' OR NEW.state = 'stopped'
WHEN 'released' THEN NEW.state = 'paid' OR NEW.state = 'returned'
WHEN 'returned' THEN NEW.state = 'paid' OR NEW.state = 'released'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'pay_out: its state does not move so'); END

CREATE TRIGGER pay_out_release_act_in_time BEFORE INSERT ON pay_out
WHEN (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed') AND NOT EXISTS (SELECT 1 FROM left_payment WHERE end_to_end = NEW.end_to_end AND amount_minor = NEW.amount_minor AND resume_act = NEW.release_act))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'pay_out: the act behind it is not being done'); END

CREATE TRIGGER pay_out_release_act_put_in_time BEFORE UPDATE OF "release_act" ON pay_out
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'pay_out: the act behind it is not being done'); END

CREATE TRIGGER pay_out_is_not_replaced BEFORE INSERT ON pay_out
WHEN EXISTS (SELECT 1 FROM pay_out WHERE "id" = NEW."id") OR (NEW.state IN ('released', 'paid', 'returned') AND EXISTS (SELECT 1 FROM pay_out WHERE "end_to_end" = NEW."end_to_end" AND state IN ('released', 'paid', 'returned')))
BEGIN SELECT RAISE(ABORT, 'pay_out: it is there already'); END

CREATE TRIGGER pay_out_release_act_is_tied BEFORE INSERT ON pay_out
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."release_act" AND "kind" = NEW."release_act_kind")
BEGIN SELECT RAISE(ABORT, 'pay_out: two people must stand behind it'); END

CREATE TRIGGER pay_out_release_act_stays_tied BEFORE UPDATE OF "release_act", "release_act_kind" ON pay_out
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."release_act" AND "kind" = NEW."release_act_kind")
BEGIN SELECT RAISE(ABORT, 'pay_out: two people must stand behind it'); END

CREATE TRIGGER pay_out_verdict_id_is_tied BEFORE INSERT ON pay_out
WHEN NEW."verdict_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM verdict WHERE "id" = NEW."verdict_id" AND "subject_kind" = NEW."verdict_kind" AND "subject" = NEW."id" AND "content_digest" = NEW."content_digest" AND "outcome" = NEW."verdict_outcome")
BEGIN SELECT RAISE(ABORT, 'pay_out: a released verdict must stand behind it'); END

CREATE TRIGGER pay_out_due_stays BEFORE DELETE ON pay_out_due
BEGIN SELECT RAISE(ABORT, 'pay_out_due: rows are never deleted'); END

CREATE TRIGGER pay_out_due_is_kept BEFORE UPDATE OF "cycle", "participant", "currency", "amount_minor" ON pay_out_due
BEGIN SELECT RAISE(ABORT, 'pay_out_due: only waits_for may change'); END

CREATE TRIGGER pay_out_due_is_not_replaced BEFORE INSERT ON pay_out_due
WHEN EXISTS (SELECT 1 FROM pay_out_due WHERE "cycle" = NEW."cycle" AND "participant" = NEW."participant" AND "currency" = NEW."currency")
BEGIN SELECT RAISE(ABORT, 'pay_out_due: it is there already'); END

CREATE TRIGGER payment_file_stays BEFORE DELETE ON payment_file
BEGIN SELECT RAISE(ABORT, 'payment_file: rows are never deleted'); END

CREATE TRIGGER payment_file_is_kept BEFORE UPDATE OF "id", "cycle", "side", "currency", "message", "message_id", "digest", "record", "written_at" ON payment_file
BEGIN SELECT RAISE(ABORT, 'payment_file: only state, release_act, release_act_kind may change'); END

CREATE TRIGGER payment_file_begins BEFORE INSERT ON payment_file
WHEN (NEW.state <> 'written' AND NEW.state <> 'released')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'payment_file: no row begins in this state'); END

CREATE TRIGGER payment_file_moves BEFORE UPDATE OF state ON payment_file
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'released' THEN NEW.state = 'sent'
WHEN 'written' THEN NEW.state = 'released'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'payment_file: its state does not move so'); END

CREATE TRIGGER payment_file_release_act_in_time BEFORE INSERT ON payment_file
WHEN (NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'payment_file: the act behind it is not being done'); END

CREATE TRIGGER payment_file_release_act_put_in_time BEFORE UPDATE OF "release_act" ON payment_file
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."release_act" AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'payment_file: the act behind it is not being done'); END

CREATE TRIGGER payment_file_is_not_replaced BEFORE INSERT ON payment_file
WHEN EXISTS (SELECT 1 FROM payment_file WHERE "digest" = NEW."digest") OR EXISTS (SELECT 1 FROM payment_file WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'payment_file: it is there already'); END

CREATE TRIGGER payment_file_release_act_is_tied BEFORE INSERT ON payment_file
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."release_act" AND "kind" = NEW."release_act_kind")
BEGIN SELECT RAISE(ABORT, 'payment_file: two people must stand behind it'); END

CREATE TRIGGER payment_file_release_act_stays_tied BEFORE UPDATE OF "release_act", "release_act_kind" ON payment_file
WHEN NEW."release_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."release_act" AND "kind" = NEW."release_act_kind")
BEGIN SELECT RAISE(ABORT, 'payment_file: two people must stand behind it'); END

CREATE TRIGGER person_stays BEFORE DELETE ON person
BEGIN SELECT RAISE(ABORT, 'person: rows are never deleted'); END

CREATE TRIGGER person_is_kept BEFORE UPDATE OF "id", "public_key", "identity_digest", "act_id", "since" ON person
BEGIN SELECT RAISE(ABORT, 'person: only state may change'); END

CREATE TRIGGER person_begins BEFORE INSERT ON person
WHEN (NEW.state <> 'active')
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'person: no row begins in this state'); END

CREATE TRIGGER person_moves BEFORE UPDATE OF state ON person
WHEN NEW.state <> OLD.state AND NOT CASE OLD.state
WHEN 'active' THEN NEW.state = 'gone'
ELSE 1 = 0 END
BEGIN SELECT RAISE(ABORT, 'person: its state does not move so'); END

CREATE TRIGGER person_is_not_replaced BEFORE INSERT ON person
WHEN EXISTS (SELECT 1 FROM person WHERE "id" = NEW."id") OR EXISTS (SELECT 1 FROM person WHERE "identity_digest" = NEW."identity_digest") OR EXISTS (SELECT 1 FROM person WHERE "public_key" = NEW."public_key")
BEGIN SELECT RAISE(ABORT, 'person: it is there already'); END

CREATE TRIGGER person_by_two BEFORE INSERT ON person
WHEN (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('person.admit') AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'person: two people admit a person'); END

CREATE TRIGGER person_right_is_kept BEFORE UPDATE ON person_right
BEGIN SELECT RAISE(ABORT, 'person_right: rows are never changed'); END

CREATE TRIGGER person_right_is_not_replaced BEFORE INSERT ON person_right
WHEN EXISTS (SELECT 1 FROM person_right WHERE "person" = NEW."person" AND "right" = NEW."right")
BEGIN SELECT RAISE(ABORT, 'person_right: it is there already'); END

CREATE TRIGGER person_right_person_is_tied BEFORE INSERT ON person_right
WHEN NEW."person" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."person")
BEGIN SELECT RAISE(ABORT, 'person_right: a person must stand behind it'); END

CREATE TRIGGER person_right_by_two BEFORE INSERT ON person_right
WHEN (NOT EXISTS (SELECT 1 FROM approval JOIN act ON act.id = approval.act_id WHERE act.id = NEW.act_id AND act.kind IN ('person.admit', 'person.rights') AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'person_right: two people give a right'); END

CREATE TRIGGER person_role_is_kept BEFORE UPDATE ON person_role
BEGIN SELECT RAISE(ABORT, 'person_role: rows are never changed'); END

CREATE TRIGGER person_role_role_act_in_time BEFORE INSERT ON person_role
WHEN (NEW."role_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."role_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'person_role: the act behind it is not being done'); END

CREATE TRIGGER person_role_is_not_replaced BEFORE INSERT ON person_role
WHEN EXISTS (SELECT 1 FROM person_role WHERE "person" = NEW."person" AND "role" = NEW."role" AND "firm" = NEW."firm")
BEGIN SELECT RAISE(ABORT, 'person_role: it is there already'); END

CREATE TRIGGER person_role_person_is_tied BEFORE INSERT ON person_role
WHEN NEW."person" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."person")
BEGIN SELECT RAISE(ABORT, 'person_role: a person must stand behind it'); END

CREATE TRIGGER person_role_role_act_is_tied BEFORE INSERT ON person_role
WHEN NEW."role_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."role_act" AND "kind" = NEW."role_act_kind")
BEGIN SELECT RAISE(ABORT, 'person_role: two people must stand behind it'); END

CREATE TRIGGER plan_line_stays BEFORE DELETE ON plan_line
BEGIN SELECT RAISE(ABORT, 'plan_line: rows are never deleted'); END

CREATE TRIGGER plan_line_is_kept BEFORE UPDATE ON plan_line
BEGIN SELECT RAISE(ABORT, 'plan_line: rows are never changed'); END

CREATE TRIGGER plan_line_is_not_replaced BEFORE INSERT ON plan_line
WHEN EXISTS (SELECT 1 FROM plan_line WHERE "run" = NEW."run" AND "participant" = NEW."participant" AND "currency" = NEW."currency")
BEGIN SELECT RAISE(ABORT, 'plan_line: it is there already'); END

CREATE TRIGGER plan_line_by_its_run BEFORE INSERT ON plan_line
WHEN (NOT (EXISTS (SELECT 1 FROM run JOIN cycle ON cycle.id = run.cycle WHERE run.id = NEW.run AND (run.kind = 'final' AND cycle.state = 'irrevocable' OR run.kind = 'recast' AND cycle.state = 'instructed' OR run.kind = 'preliminary' AND cycle.state IN ('entered', 'correcting')))))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'plan_line: a run that is published stays as it is'); END

CREATE TRIGGER posting_stays BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'posting: rows are never deleted'); END

CREATE TRIGGER posting_is_kept BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'posting: rows are never changed'); END

CREATE TRIGGER posting_is_not_replaced BEFORE INSERT ON posting
WHEN EXISTS (SELECT 1 FROM posting WHERE "entry" = NEW."entry" AND "line" = NEW."line")
BEGIN SELECT RAISE(ABORT, 'posting: it is there already'); END

CREATE TRIGGER posting_in_its_entry BEFORE INSERT ON posting
WHEN NOT (EXISTS (SELECT 1 FROM journal_entry WHERE number = NEW.entry AND NEW.line BETWEEN 1 AND postings))
BEGIN SELECT RAISE(ABORT, 'posting: an entry has the lines it was written with'); END

CREATE TRIGGER preview_stays BEFORE DELETE ON preview
BEGIN SELECT RAISE(ABORT, 'preview: rows are never deleted'); END

CREATE TRIGGER preview_is_kept BEFORE UPDATE ON preview
BEGIN SELECT RAISE(ABORT, 'preview: rows are never changed'); END

CREATE TRIGGER preview_is_not_replaced BEFORE INSERT ON preview
WHEN EXISTS (SELECT 1 FROM preview WHERE "cycle" = NEW."cycle" AND "due_at" = NEW."due_at") OR EXISTS (SELECT 1 FROM preview WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'preview: it is there already'); END

CREATE TRIGGER preview_line_is_kept BEFORE UPDATE ON preview_line
BEGIN SELECT RAISE(ABORT, 'preview_line: rows are never changed'); END

CREATE TRIGGER preview_line_is_not_replaced BEFORE INSERT ON preview_line
WHEN EXISTS (SELECT 1 FROM preview_line WHERE "preview" = NEW."preview" AND "obligation" = NEW."obligation")
BEGIN SELECT RAISE(ABORT, 'preview_line: it is there already'); END

CREATE TRIGGER program_key_stays BEFORE DELETE ON program_key
BEGIN SELECT RAISE(ABORT, 'program_key: rows are never deleted'); END

CREATE TRIGGER program_key_is_kept BEFORE UPDATE OF "id", "secret", "label", "role", "firm", "made_by", "made_at", "ends_at" ON program_key
BEGIN SELECT RAISE(ABORT, 'program_key: only ended_at may change'); END

CREATE TRIGGER program_key_is_not_replaced BEFORE INSERT ON program_key
WHEN EXISTS (SELECT 1 FROM program_key WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'program_key: it is there already'); END

CREATE TRIGGER program_key_made_by_is_tied BEFORE INSERT ON program_key
WHEN NEW."made_by" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."made_by")
BEGIN SELECT RAISE(ABORT, 'program_key: a person must stand behind it'); END

CREATE TRIGGER program_key_ends_once BEFORE UPDATE OF ended_at ON program_key
WHEN OLD.ended_at <> ''
BEGIN SELECT RAISE(ABORT, 'program_key: it has ended'); END

CREATE TRIGGER register_stays BEFORE DELETE ON register
BEGIN SELECT RAISE(ABORT, 'register: rows are never deleted'); END

CREATE TRIGGER register_is_kept BEFORE UPDATE OF "id", "subject_kind", "subject", "what", "commitment", "purpose", "since", "retain_until" ON register
BEGIN SELECT RAISE(ABORT, 'register: only content, salt, in_force, replaced_by, erased_act, erased_act_kind may change'); END

CREATE TRIGGER register_erased_act_in_time BEFORE INSERT ON register
WHEN (NEW."erased_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."erased_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'register: the act behind it is not being done'); END

CREATE TRIGGER register_erased_act_put_in_time BEFORE UPDATE OF "erased_act" ON register
WHEN NEW."erased_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."erased_act" AND act.state = 'proposed')
BEGIN SELECT RAISE(ABORT, 'register: the act behind it is not being done'); END

CREATE TRIGGER register_is_not_replaced BEFORE INSERT ON register
WHEN EXISTS (SELECT 1 FROM register WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'register: it is there already'); END

CREATE TRIGGER register_erased_act_is_tied BEFORE INSERT ON register
WHEN NEW."erased_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."erased_act" AND "kind" = NEW."erased_act_kind")
BEGIN SELECT RAISE(ABORT, 'register: two people must stand behind it'); END

CREATE TRIGGER register_erased_act_stays_tied BEFORE UPDATE OF "erased_act", "erased_act_kind" ON register
WHEN NEW."erased_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."erased_act" AND "kind" = NEW."erased_act_kind")
BEGIN SELECT RAISE(ABORT, 'register: two people must stand behind it'); END

CREATE TRIGGER register_is_erased BEFORE UPDATE OF content, salt ON register
WHEN NEW.content IS NOT NULL OR NEW.salt IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'register: what was written is erased or stays as it is'); END

CREATE TRIGGER registration_stays BEFORE DELETE ON registration
BEGIN SELECT RAISE(ABORT, 'registration: rows are never deleted'); END

CREATE TRIGGER registration_is_kept BEFORE UPDATE ON registration
BEGIN SELECT RAISE(ABORT, 'registration: rows are never changed'); END

CREATE TRIGGER registration_is_not_replaced BEFORE INSERT ON registration
WHEN EXISTS (SELECT 1 FROM registration WHERE "sender" = NEW."sender" AND "reference" = NEW."reference")
BEGIN SELECT RAISE(ABORT, 'registration: it is there already'); END

CREATE TRIGGER registration_of_one BEFORE INSERT ON registration
WHEN (NOT (EXISTS (SELECT 1 FROM obligation WHERE number = NEW.obligation)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'registration: it is of an obligation that is there'); END

CREATE TRIGGER request_done_stays BEFORE DELETE ON request_done
BEGIN SELECT RAISE(ABORT, 'request_done: rows are never deleted'); END

CREATE TRIGGER request_done_is_kept BEFORE UPDATE ON request_done
BEGIN SELECT RAISE(ABORT, 'request_done: rows are never changed'); END

CREATE TRIGGER request_done_is_not_replaced BEFORE INSERT ON request_done
WHEN EXISTS (SELECT 1 FROM request_done WHERE "caller" = NEW."caller" AND "request" = NEW."request")
BEGIN SELECT RAISE(ABORT, 'request_done: it is there already'); END

CREATE TRIGGER run_stays BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'run: rows are never deleted'); END

CREATE TRIGGER run_is_kept BEFORE UPDATE ON run
BEGIN SELECT RAISE(ABORT, 'run: rows are never changed'); END

CREATE TRIGGER run_published_act_in_time BEFORE INSERT ON run
WHEN (NEW."published_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."published_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'run: the act behind it is not being done'); END

CREATE TRIGGER run_is_not_replaced BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE "cycle" = NEW."cycle" AND "kind" = NEW."kind" AND "number" = NEW."number") OR EXISTS (SELECT 1 FROM run WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'run: it is there already'); END

CREATE TRIGGER run_published_act_is_tied BEFORE INSERT ON run
WHEN NEW."published_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."published_act" AND "kind" = NEW."published_act_kind")
BEGIN SELECT RAISE(ABORT, 'run: two people must stand behind it'); END

CREATE TRIGGER session_stays BEFORE DELETE ON session
BEGIN SELECT RAISE(ABORT, 'session: rows are never deleted'); END

CREATE TRIGGER session_is_kept BEFORE UPDATE OF "token", "person", "began_at", "ends_at" ON session
BEGIN SELECT RAISE(ABORT, 'session: only seen_at, ended_at may change'); END

CREATE TRIGGER session_is_not_replaced BEFORE INSERT ON session
WHEN EXISTS (SELECT 1 FROM session WHERE "token" = NEW."token")
BEGIN SELECT RAISE(ABORT, 'session: it is there already'); END

CREATE TRIGGER session_person_is_tied BEFORE INSERT ON session
WHEN NEW."person" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."person")
BEGIN SELECT RAISE(ABORT, 'session: a person must stand behind it'); END

CREATE TRIGGER session_ends_once BEFORE UPDATE OF ended_at ON session
WHEN OLD.ended_at <> ''
BEGIN SELECT RAISE(ABORT, 'session: it has ended'); END

CREATE TRIGGER sign_on_link_is_kept BEFORE UPDATE ON sign_on_link
BEGIN SELECT RAISE(ABORT, 'sign_on_link: rows are never changed'); END

CREATE TRIGGER sign_on_link_is_not_replaced BEFORE INSERT ON sign_on_link
WHEN EXISTS (SELECT 1 FROM sign_on_link WHERE "issuer" = NEW."issuer" AND "subject" = NEW."subject")
BEGIN SELECT RAISE(ABORT, 'sign_on_link: it is there already'); END

CREATE TRIGGER sign_on_link_person_is_tied BEFORE INSERT ON sign_on_link
WHEN NEW."person" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person WHERE "id" = NEW."person")
BEGIN SELECT RAISE(ABORT, 'sign_on_link: a person must stand behind it'); END

CREATE TRIGGER table_form_stays BEFORE DELETE ON table_form
BEGIN SELECT RAISE(ABORT, 'table_form: rows are never deleted'); END

CREATE TRIGGER table_form_is_kept BEFORE UPDATE ON table_form
BEGIN SELECT RAISE(ABORT, 'table_form: rows are never changed'); END

CREATE TRIGGER table_form_is_not_replaced BEFORE INSERT ON table_form
WHEN EXISTS (SELECT 1 FROM table_form WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'table_form: it is there already'); END

CREATE TRIGGER trade_terms_stays BEFORE DELETE ON trade_terms
BEGIN SELECT RAISE(ABORT, 'trade_terms: rows are never deleted'); END

CREATE TRIGGER trade_terms_is_kept BEFORE UPDATE ON trade_terms
BEGIN SELECT RAISE(ABORT, 'trade_terms: rows are never changed'); END

CREATE TRIGGER trade_terms_is_not_replaced BEFORE INSERT ON trade_terms
WHEN EXISTS (SELECT 1 FROM trade_terms WHERE "digest" = NEW."digest") OR EXISTS (SELECT 1 FROM trade_terms WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'trade_terms: it is there already'); END

CREATE TRIGGER upload_is_kept BEFORE UPDATE OF "number", "job", "firm", "made_by", "made_at", "many" ON upload
BEGIN SELECT RAISE(ABORT, 'upload: only files, counts, report may change'); END

CREATE TRIGGER upload_is_not_replaced BEFORE INSERT ON upload
WHEN EXISTS (SELECT 1 FROM upload WHERE "job" = NEW."job") OR EXISTS (SELECT 1 FROM upload WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'upload: it is there already'); END

CREATE TRIGGER verdict_stays BEFORE DELETE ON verdict
BEGIN SELECT RAISE(ABORT, 'verdict: rows are never deleted'); END

CREATE TRIGGER verdict_is_kept BEFORE UPDATE ON verdict
BEGIN SELECT RAISE(ABORT, 'verdict: rows are never changed'); END

CREATE TRIGGER verdict_is_not_replaced BEFORE INSERT ON verdict
WHEN EXISTS (SELECT 1 FROM verdict WHERE "id" = NEW."id")
BEGIN SELECT RAISE(ABORT, 'verdict: it is there already'); END

CREATE TRIGGER verdict_by_the_setting BEFORE INSERT ON verdict
WHEN (NOT (NEW.setting = (SELECT max(id) FROM gate_setting) AND NEW.judged_at >= (SELECT made_at FROM gate_setting WHERE id = NEW.setting)))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'verdict: it is by the setting in force, and never of an earlier time'); END

CREATE TRIGGER webhook_stays BEFORE DELETE ON webhook
BEGIN SELECT RAISE(ABORT, 'webhook: rows are never deleted'); END

CREATE TRIGGER webhook_is_kept BEFORE UPDATE OF "number", "firm", "url", "made_by", "made_at" ON webhook
BEGIN SELECT RAISE(ABORT, 'webhook: only kinds, secret, failing_since, paused_at, ended_at may change'); END

CREATE TRIGGER webhook_is_not_replaced BEFORE INSERT ON webhook
WHEN EXISTS (SELECT 1 FROM webhook WHERE "number" = NEW."number")
BEGIN SELECT RAISE(ABORT, 'webhook: it is there already'); END

CREATE TRIGGER working_balance_stays BEFORE DELETE ON working_balance
BEGIN SELECT RAISE(ABORT, 'working_balance: rows are never deleted'); END

CREATE TRIGGER working_balance_is_kept BEFORE UPDATE ON working_balance
BEGIN SELECT RAISE(ABORT, 'working_balance: rows are never changed'); END

CREATE TRIGGER working_balance_balance_act_in_time BEFORE INSERT ON working_balance
WHEN (NEW."balance_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM act WHERE act.id = NEW."balance_act" AND act.state = 'proposed'))
AND EXISTS (SELECT 1 FROM journal_entry)
BEGIN SELECT RAISE(ABORT, 'working_balance: the act behind it is not being done'); END

CREATE TRIGGER working_balance_is_not_replaced BEFORE INSERT ON working_balance
WHEN EXISTS (SELECT 1 FROM working_balance WHERE "side" = NEW."side" AND "currency" = NEW."currency" AND "balance_act" = NEW."balance_act")
BEGIN SELECT RAISE(ABORT, 'working_balance: it is there already'); END

CREATE TRIGGER working_balance_balance_act_is_tied BEFORE INSERT ON working_balance
WHEN NEW."balance_act" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval WHERE "act_id" = NEW."balance_act" AND "kind" = NEW."balance_act_kind")
BEGIN SELECT RAISE(ABORT, 'working_balance: two people must stand behind it'); END
