# SPDX-License-Identifier: Apache-2.0
"""What each code means: a page each at ``/problems/CODE``."""

from __future__ import annotations

from collections.abc import Iterator

from skontro.core import errors
from skontro.core.money import AMOUNT_REASONS
from skontro.core.participants import ID_REASONS

_OWN: dict[str, str] = {
    # who asks
    "NotSignedIn": "nobody is signed in, or the key is none; what does not fit is not said",
    "TooManyTries": "a login is closed for a while after wrong tries",
    "TooManyRequests": "one caller asks more often than the service lets through",
    "BadInvitation": "an invitation is none, too old, or was used",
    "ForgedRequest": "a request does not come from a page of this session",
    "WeakPassword": "a password is too short or too long, or holds one's own id",
    "BeyondRights": "the table of rights does not let this caller do that",
    "NotPermitted": "a rule of the house does not let this person or party do that",
    "PartyMissing": "it must be said for which firm this is",
    "WrongKey": "a signature or a key is not that of the person",
    "SecondApproverRequired": "whoever made an act cannot approve it: it takes another person",
    "StaleApproval": "an act is no longer what was seen, or no longer waits",
    "ActChanged": "an act was changed after it was signed: nothing is done by it",
    "UnknownAct": "an act of this kind cannot be drafted here",
    "UnknownRole": "a role is none, or cannot be given so",
    "RolesExclude": "these roles cannot be one person's",
    # requests
    "RequestKeyMissing": "a write needs the header Idempotency-Key",
    "RequestReused": "an Idempotency-Key was used for another request before",
    "RequestInFlight": "the same request is under way",
    "InvalidRequest": "a field is missing, unknown, or not of its form",
    "MalformedRequest": "the request cannot be read at all",
    "BadCursor": "a cursor is none of this question, or of another caller",
    "PreconditionFailed": "what is to be changed is not what the caller saw",
    "TooLarge": "a request is larger than is taken at once",
    "UnknownMediaType": "the content is of a type that is not read here",
    "MethodNotAllowed": "this address does not take this method",
    "NoSuchPage": "there is nothing at this address",
    "NoSuchKey": "there is no key of that id within reach",
    "Fault": "something of ours went wrong; the log has it under the request's id",
    # people and acts
    "DuplicatePerson": "an id, a key or an identity paper is somebody's already",
    "UnknownPerson": "nobody of that id works here",
    "UnknownRight": "a right is none",
    "TooFewPeople": "fewer than two people would hold a right",
    "NoSuchAct": "there is no act of that number within reach",
    "InvalidKey": "a key is none, or lacks what a key needs",
    "KeyMissing": "a key is not there",
    "KeyLocked": "the house's key is locked",
    "WeakPassphrase": "a passphrase is too short",
    "WrongPassphrase": "a passphrase does not open the key",
    "PassphraseMissing": "a passphrase is missing",
    "PassphraseDiffers": "a passphrase was not repeated the same",
    # firms
    "DuplicateParticipant": "a firm of that id is admitted already",
    "UnknownParticipant": "a firm is none of the house",
    "NoSuchParticipant": "there is no firm of that id within reach",
    "ParticipantGone": "a firm has left or is in default",
    "UnknownSide": "a side is none of the house",
    "UnknownAccount": "an account is none of the house",
    "NoAccount": "a firm has no account in that currency",
    "AgreementIncomplete": "a set-off agreement lacks something",
    "InvalidOwner": "an owner cannot be read",
    "CallBackMissing": "new bank details need the note of a call back",
    "NoDefault": "a firm is not in default",
    "MustBeKept": "a record must be kept for longer",
    "RecordChanged": "a record of the register is not what was committed to",
    # obligations
    "NoSuchObligation": "there is no obligation of that number within reach",
    "IdempotencyMismatch": "a reference was used for something else",
    "SelfObligation": "debtor and creditor are the same firm",
    "NonPositiveAmount": "an amount is not above nought",
    "InvalidDate": "a date is not written YYYY-MM-DD",
    "InvalidTrade": "what an obligation is for cannot be read",
    "WrongState": "it is not in a state in which this can be done",
    "NoReason": "a reason is missing",
    "CreditTooLarge": "a credit note is larger than what is left",
    "Final": "it is final: nothing undoes it",
    # the gate
    "ScreeningHold": "it is in house review",
    "NotReleased": "it is in house review",
    "NoSuchCase": "there is no case of that number within reach",
    "ListChanged": "a list is not what was proposed",
    "BelowTheBar": "a weight of the gate does worse than it must",
    "InvalidWeights": "weights of the gate cannot be used",
    "ThresholdOutOfBounds": "a threshold of the gate is out of its bounds",
    "PackChanged": "a pack is not what was proposed",
    "InvalidLicence": "a licence cannot be read",
    "LicenceEntry": "a licence's entry cannot be read",
    "InvalidDeclaration": "a declaration cannot be read",
    "OrderMissing": "a release takes an order of the authority",
    # cycles and money
    "NoSuchCycle": "there is no cycle of that id",
    "OutOfOrder": "a step of a cycle cannot be taken now",
    "AlreadyDone": "it is done already",
    "TooEarly": "it is not yet time",
    "TimeBack": "a time lies before another that it must follow",
    "Paused": "a cycle is paused",
    "SetChanged": "the frozen set is not what was cleared",
    "InputChanged": "what a run was made from has changed",
    "BuiltOn": "something else was built on it",
    "NotARun": "a folder holds no run",
    "NotPublished": "there is no final run yet",
    "NotReady": "it is not ready",
    "NothingReady": "nothing is ready to leave",
    "CoverMissing": "there is not enough money to pay out",
    "NoPayee": "nobody can be paid",
    "NoPayer": "nobody paid",
    "NoSponsor": "there is no sponsor",
    "NoSuchLine": "there is no line of that number",
    "WrongPayIn": "a pay-in is not the one that was meant",
    "UnexplainedPayment": "a payment is not one that was let go",
    "BankDiffers": "the bank says something else than the books",
    "NotNeeded": "it is not needed",
    "NotKeptOut": "nothing was kept out",
    # papers
    "NotAPaper": "it is no paper of the house",
    "LevelsStay": "levels leave the house with the final run only",
    "NotForSheets": "a sheet cannot hold it",
    "ContradictoryStanding": "a result says two things of itself",
    # the house and its database
    "ReadOnly": "the house was restored and nobody let it resume",
    "LiveHouse": "only a demo house does that",
    "ClockBack": "a clock does not go back",
    "TargetTaken": "something is there already",
    "StoreBusy": "the database is busy: nothing was done",
    "StoreUnavailable": "the database does not answer",
    "StoreCollision": "another unit of work got in the way: nothing was done",
    "StoreTaken": "a row of that key is there already",
    "StoreRefuses": "a rule of the database refuses it",
    "OutcomeUnknown": "the database went away: look whether it is done before trying again",
    "UnstorableValue": "the database cannot keep a value",
    "RoleMayNot": "the database does not let the house's role do that",
    "UnsafeStore": "a setting of the database may lose what it acknowledged",
    "SchemaOlder": "the tables are of an earlier release",
    "SchemaNewer": "the tables are of a later release",
    "NoTables": "no house was opened in this database",
    "DriverMissing": "a driver is not installed",
}  # fmt: skip


def _of_classes() -> Iterator[tuple[str, str]]:
    """Every kind of error, by the first sentence of what it says of itself."""
    found = [errors.SkontroError]
    for kind in found:
        found += kind.__subclasses__()
        first = (kind.__doc__ or "").split("\n")[0].rstrip(".")
        yield kind.__name__, first[:1].lower() + first[1:]


CODES: dict[str, str] = {**AMOUNT_REASONS, **ID_REASONS, **dict(_of_classes()), **_OWN}
"""Every code that can be answered, and what it means."""
