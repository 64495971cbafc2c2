# SPDX-License-Identifier: Apache-2.0
"""A ``house.toml`` with everything in it, to start from."""

EXAMPLE = """\
# The rules of a clearing house. Every line is a decision: read it before the house opens.
# Once it is open, two people change them, and every version is kept.
# Amounts and shares stand in quotes, so that no digit is bent: "15000.00", "1/5", "20 %".

[house]
id = "alder-bakul"
name = "Alder and Bakul Trade Clearing"
kind = "demo"                 # live, or demo for ever: a demo house marks all it makes
unit = "EUR"                  # what the border positions between the sides are kept in

# ---- the sides: one for each jurisdiction ------------------------------------------------------

[side.A]
name = "Side A"
jurisdiction = "NL"           # ISO 3166
currencies = ["EUR"]          # what participants of this side may be paid in
time_zone = "Europe/Amsterdam"

[side.A.account]              # one settlement account for each currency
EUR = { iban = "NL91ABNA0417164300", bic = "ABNANL2A" }

[side.A.calendar]             # country: its holidays; market: days of a payment system
country = "NL"
market = "XECB"               # the days on which the euro settles
closed_days = []              # days closed besides, e.g. [2026-05-15]
open_days = []                # days open although the calendar says otherwise

[side.A.payments]             # how its bank takes payment orders; without this: plain
profile = "plain"             # plain, sepa or cbpr-2026
holder = { street = "Kade", postcode = "1011 AB", town = "Amsterdam", country = "NL" }
# Where the account is in a payment system, border money goes by pacs.009, or by pacs.029 where
# the other side's is in it as well:
# payment_system = "TGT"
# bic = "ABNANL2A"
# border = "pacs.009"

[side.A.write_off]            # how large a difference of a bank line two people may write off
EUR = "1.00"

[side.A.retention_years]      # how long each kind of record is kept
obligation = 7
participant = 7
payment = 7
person = 7
screening = 7
sponsor = 7

[side.B]
name = "Side B"
jurisdiction = "IN"
currencies = ["INR"]
time_zone = "Asia/Kolkata"

[side.B.account]              # no IBAN there: the national number and the bank
INR = { bban = "50100012345678", bic = "HDFCINBB", clearing_code = "INFSC:HDFC0000123" }

[side.B.calendar]             # or: weekend, closed_days and listed_until, if no library knows it
country = "IN"
subdivision = "MH"

[side.B.retention_years]
obligation = 8
participant = 8
payment = 8
person = 8
screening = 8
sponsor = 8

[side.B.working_balance.INR]  # what lets B pay out before the border money has come
limit = "1350000.00"
sponsor = "Banyan Development Bank"
agreement = "WB-2026-01"

# ---- the hub: the house's own account, where border money and the union's capital meet ---------
# Where a tranche table has a capital account nothing goes over the border without it.

[hub.account]                 # in the house's unit
EUR = { iban = "NL02ABNA0123456789", bic = "ABNANL2A" }

[hub.payments]                # as a side's
profile = "plain"

# ---- the sessions ------------------------------------------------------------------------------

[cycle]
every = "month"               # month, week or day
day = "last business day"     # of all sides; or 2nd business day, 15, or friday for a week
time_zone = "Europe/Amsterdam"
cut_off = 16:00:00
correction_window = { business_hours = 16 }   # or { hours = 48 }
opens = 09:00:00              # business hours, where the window counts in them
closes = 17:00:00
pay_in_deadline = { business_days = 2, time = 12:00:00 }   # after the window ends
previews = [09:00:00, 12:00:00, 15:00:00]   # when participants' previews are made; [] for none

# ---- the border --------------------------------------------------------------------------------

[[border_quota]]              # what one side may owe another; empty: the hub
debtor_side = "A"
creditor_side = "B"
quota = "15000.00"            # in the house's unit
tranche_table = "carried"

# The other way round, once a sponsor leaves a working balance with side A:
# [[border_quota]]
# debtor_side = "B"
# creditor_side = "A"
# quota = "15000.00"
# tranche_table = "carried"

[tranche_table.carried]       # all within the quota is carried, and nothing goes beyond it
beyond = "refuse"             # refuse, or hard: all beyond the quota in money
step = [
    { width = "1", debtor_hard = "0", creditor_hard = "0" },
]

[tranche_table.half]          # the European Payments Union from 1954: half of it in money
beyond = "hard"
step = [
    { width = "1", debtor_hard = "1/2", creditor_hard = "1/2" },
]

[bears]                       # a carried position is credit: who bears what of it
loss = { who = "sponsor", text = "Article 9.1: the sponsor of the working balance drawn." }
interest = { who = "debtor-side", text = "Article 9.2: monthly, at the rate of the sponsor." }
revaluation = { who = "debtor-side", text = "Article 9.3: at each fixing, booked at once." }

# ---- the clearing and its settlement -----------------------------------------------------------

[clearing]
split = "oldest"              # oldest or pro-rata: a set-off over the obligations of a pair
prefer = "none"               # none, oldest or smallest: which go first where volume is equal

[settlement]
pay_in = "full"               # full: all that is owed; limits: within each pay-in limit
missed_pay_in = "recast"      # queue (with grace_business_days), pool (of the side), or recast

[screening]
list_limit_days = 2           # an older list holds everything; at most 31
smaller_share = "10 %"        # a list that lost more takes two people; at most 10 %

# The list of the United Nations holds in every house. What else a side's law names, each under a
# legal opinion, holds everything while it is missing:
# [side.A.list.eu]
# opinion = "LO-2026-01"

# A screening service elsewhere, asked beside the house's own matcher and never instead of it:
# [screening.remote]
# name = "watch"              # its alerts are on list remote:watch
# url = "https://screening.example/skontro"
# key_env = "SCREENING_KEY"   # or key_file; the key itself never stands here
# timeout_seconds = 10        # at most 30
# fresh_minutes = 60          # the same records are asked about again after so long
# on_fault = "hold"           # hold: no answer is doubt; note: it is written down only

[gate.customs]                # how far invoice and declaration may be apart; see docs/goods.md
value_share = "5 %"           # an invoice above what was declared: at most 25 %
days = 120                    # between invoice and declaration: at most 365

[gate.papers]
oldest_days = 730             # an older paper does not count: at most 3650

[gate.red_flags]
price_share = "50 %"          # a price is far off from so much on: at most 100 %
volume_times = 4              # so many times the usual volume is sudden: at most 20

[matching]                    # how far the words of two parties may differ and still match
amount_minor = 0              # in minor units, or
amount_share = "0"            # as a share of the larger amount
due_days = 3

[bank_details]
cooling_off_hours = 48        # new bank details are not used before

[expiry]
cycles = 12                   # or days: an obligation that does not clear leaves the house
limitation_days = 1826        # so long past its due date it is time-barred; may be left out

[alarm]                       # an imbalance that does not turn round
cycles = 6                    # cycles on one side of nought, and
quota_share = "60 %"          # past this share of its quota

# Where people may sign on besides, with OpenID Connect; see docs/service.md:
# [sign_on]
# name = "Alder Group"
# issuer = "https://id.alder.example"
# client_id = "skontro"

# ---- the people it begins with -----------------------------------------------------------------

[founder.P1]                  # at least two people for every right; all: every right there is
name = "Anna Alder"
identity = "passport NL NX1234567"
rights = ["all"]

[founder.P2]
name = "Balu Bakul"
identity = "passport IN Z1234567"
rights = ["all"]
"""
