# SPDX-License-Identifier: Apache-2.0
"""Invented sanctions lists, each in the shape its authority publishes.

Whoever stands on them does not exist. Every list has the same four parties: a person with an
alias and a weak alias, a bank, a ship, and a firm with a registration number.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "sanctions"
"""Where lists as they were really published lie, on machines that have them."""

FILLER = tuple(f"Wuzzlequax Number {number}" for number in range(1, 31))
"""Whoever stands on every invented list, so that one name more or less is no tenth of it."""

OFAC = {
    "sdn.csv": (
        '7001,"QUILLFEATHER, Ansgar Peregrin","individual","FABLE] [MYTH","Harbour master",'
        "-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"
        '"DOB 12 Mar 1970; alt. DOB circa 1971; POB Port Vell, Iran; nationality Iran; '
        "Passport Q1234567 (Iran) expires 01 Jan 2030; National ID No. 778-221 (Iran); "
        "a.k.a. 'QUILLY'; Linked To: BANK OF THE LONG TIDE.\"\n"
        '7002,"BANK OF THE LONG TIDE",-0- ,"FABLE",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
        '"SWIFT/BIC LTIDIRTH; Tax ID No. 4400991 (Iran); '
        'Organization Established Date 1988; all offices worldwide."\n'
        '7003,"SALTED THISTLE","vessel","FABLE",-0- ,"XQ77","Bulk Carrier","2597","1098",'
        '"Cuba","Tidal Lines Ltd.",'
        '"Vessel Registration Identification IMO 9000017; MMSI 422000001."\n'
        '7004,"LAMPWICK TRADING ""OOO""",-0- ,"MYTH",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'
    ),
    "add.csv": (
        '7001,1,-0- ,"Port Vell","Iran",-0- \n'
        '7002,2,"1 Tide Street","Tehran","Iran",-0- \n'
        '7004,3,"Street of the Lamps 5","Moscow 101000","Russia",-0- \n'
    ),
    "alt.csv": (
        '7001,11,"aka","QUILFEDER, Ansgar",-0- \n'
        '7002,12,"fka","LONG TIDE SAVINGS",-0- \n'
    ),
    "sdn_comments.csv": '7004,"Registration Number 1027700132999 (Russia)."\n',
}  # fmt: skip

OFAC_XML = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://example.org/sdn">
  <publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>3</Record_Count>
  </publshInformation>
  <sdnEntry><uid>7001</uid><firstName>Ansgar Peregrin</firstName><lastName>QUILLFEATHER</lastName>
    <title>Harbour master</title><sdnType>Individual</sdnType>
    <programList><program>FABLE</program><program>MYTH</program></programList>
    <idList><id><uid>1</uid><idType>Passport</idType><idNumber>Q1234567</idNumber>
      <idCountry>Iran</idCountry></id>
      <id><uid>2</uid><idType>Gender</idType><idNumber>Male</idNumber></id></idList>
    <akaList><aka><uid>3</uid><type>a.k.a.</type><category>strong</category>
      <lastName>QUILFEDER</lastName><firstName>Ansgar</firstName></aka>
      <aka><uid>4</uid><type>a.k.a.</type><category>weak</category><lastName>QUILLY</lastName>
      </aka></akaList>
    <nationalityList><nationality><uid>5</uid><country>Iran</country></nationality>
    </nationalityList>
    <dateOfBirthList><dateOfBirthItem><uid>6</uid><dateOfBirth>12 Mar 1970</dateOfBirth>
    </dateOfBirthItem></dateOfBirthList>
    <placeOfBirthList><placeOfBirthItem><uid>7</uid><placeOfBirth>Port Vell, Iran</placeOfBirth>
    </placeOfBirthItem></placeOfBirthList></sdnEntry>
  <sdnEntry><uid>7002</uid><lastName>BANK OF THE LONG TIDE</lastName><sdnType>Entity</sdnType>
    <programList><program>FABLE</program></programList>
    <idList><id><uid>8</uid><idType>SWIFT/BIC</idType><idNumber>LTIDIRTH</idNumber></id></idList>
    <addressList><address><uid>9</uid><city>Tehran</city><country>Iran</country></address>
    </addressList></sdnEntry>
  <sdnEntry><uid>7003</uid><lastName>SALTED THISTLE</lastName><sdnType>Vessel</sdnType>
    <programList><program>FABLE</program></programList>
    <idList><id><uid>10</uid><idType>Vessel Registration Identification</idType>
      <idNumber>IMO 9000017</idNumber></id></idList>
    <vesselInfo><callSign>XQ77</callSign><vesselFlag>Cuba</vesselFlag></vesselInfo></sdnEntry>
</sdnList>
"""

ADVANCED_XML = """<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="https://example.org/advanced">
  <DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>20</Day></DateOfIssue>
  <ReferenceValueSets>
    <CountryValues><Country ID="1" ISO2="IR">Iran</Country><Country ID="2">Cuba</Country>
    </CountryValues>
    <PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="2">Entity</PartyType>
      <PartyType ID="4">Transport</PartyType></PartyTypeValues>
    <PartySubTypeValues><PartySubType ID="1" PartyTypeID="4">Vessel</PartySubType>
      <PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType>
      <PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues>
    <NamePartTypeValues><NamePartType ID="1520">Last Name</NamePartType>
      <NamePartType ID="1521">First Name</NamePartType></NamePartTypeValues>
    <FeatureTypeValues><FeatureType ID="8">Birthdate</FeatureType>
      <FeatureType ID="10">Nationality Country</FeatureType>
      <FeatureType ID="13">SWIFT/BIC</FeatureType>
      <FeatureType ID="25">Location</FeatureType>
      <FeatureType ID="224">Gender</FeatureType>
      <FeatureType ID="646">Organization Established Date</FeatureType></FeatureTypeValues>
    <IDRegDocTypeValues><IDRegDocType ID="1571">Passport</IDRegDocType>
      <IDRegDocType ID="1626">Vessel Registration Identification</IDRegDocType>
    </IDRegDocTypeValues>
  </ReferenceValueSets>
  <Locations>
    <Location ID="25"><LocationCountry CountryID="2"/></Location>
    <Location ID="26"><LocationPart><LocationPartValue><Value>Iran</Value></LocationPartValue>
      </LocationPart></Location>
  </Locations>
  <IDRegDocuments>
    <IDRegDocument ID="1" IDRegDocTypeID="1571" IdentityID="501" IssuedBy-CountryID="1">
      <IDRegistrationNo>Q1234567</IDRegistrationNo></IDRegDocument>
    <IDRegDocument ID="2" IDRegDocTypeID="1626" IdentityID="503">
      <IDRegistrationNo>IMO 9000017</IDRegistrationNo></IDRegDocument>
  </IDRegDocuments>
  <DistinctParties>
    <DistinctParty FixedRef="7001"><Profile ID="7001" PartySubTypeID="4">
      <Identity ID="501" Primary="true">
        <Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName ID="1">
          <DocumentedNamePart><NamePartValue NamePartGroupID="91">QUILLFEATHER</NamePartValue>
          </DocumentedNamePart><DocumentedNamePart><NamePartValue NamePartGroupID="92">Ansgar
          </NamePartValue></DocumentedNamePart></DocumentedName></Alias>
        <Alias AliasTypeID="1400" Primary="false" LowQuality="true"><DocumentedName ID="2">
          <DocumentedNamePart><NamePartValue NamePartGroupID="92">QUILLY</NamePartValue>
          </DocumentedNamePart></DocumentedName></Alias>
        <NamePartGroups><MasterNamePartGroup><NamePartGroup ID="91" NamePartTypeID="1520"/>
          </MasterNamePartGroup><MasterNamePartGroup>
          <NamePartGroup ID="92" NamePartTypeID="1521"/></MasterNamePartGroup></NamePartGroups>
      </Identity>
      <Feature ID="1" FeatureTypeID="8"><FeatureVersion><DatePeriod>
        <Start Approximate="false"><From><Year>1970</Year><Month>3</Month><Day>12</Day></From>
          <To><Year>1970</Year><Month>3</Month><Day>12</Day></To></Start>
        <End Approximate="false"><From><Year>1970</Year><Month>3</Month><Day>12</Day></From>
          <To><Year>1970</Year><Month>3</Month><Day>12</Day></To></End>
        </DatePeriod></FeatureVersion></Feature>
      <Feature ID="2" FeatureTypeID="10"><FeatureVersion><VersionLocation LocationID="26"/>
        </FeatureVersion></Feature>
      <Feature ID="3" FeatureTypeID="224"><FeatureVersion><VersionDetail>Male</VersionDetail>
        </FeatureVersion></Feature>
    </Profile></DistinctParty>
    <DistinctParty FixedRef="7002"><Profile ID="7002" PartySubTypeID="3">
      <Identity ID="502" Primary="true"><Alias Primary="true"><DocumentedName ID="3">
        <DocumentedNamePart><NamePartValue>BANK OF THE LONG TIDE</NamePartValue>
        </DocumentedNamePart></DocumentedName></Alias></Identity>
      <Feature ID="4" FeatureTypeID="13"><FeatureVersion><VersionDetail>LTIDIRTH</VersionDetail>
        </FeatureVersion></Feature>
      <Feature ID="5" FeatureTypeID="646"><FeatureVersion><DatePeriod>
        <Start><From><Year>1988</Year><Month>1</Month><Day>1</Day></From></Start>
        <End><To><Year>1988</Year><Month>12</Month><Day>31</Day></To></End>
        </DatePeriod></FeatureVersion></Feature>
    </Profile></DistinctParty>
    <DistinctParty FixedRef="7003"><Profile ID="7003" PartySubTypeID="1">
      <Identity ID="503" Primary="true"><Alias Primary="true"><DocumentedName ID="4">
        <DocumentedNamePart><NamePartValue>SALTED THISTLE</NamePartValue></DocumentedNamePart>
        </DocumentedName></Alias></Identity>
      <Feature ID="6" FeatureTypeID="25"><FeatureVersion><VersionLocation LocationID="25"/>
        </FeatureVersion></Feature>
    </Profile></DistinctParty>
  </DistinctParties>
  <SanctionsEntries>
    <SanctionsEntry ID="1" ProfileID="7001" ListID="1550">
      <SanctionsMeasure><Comment>FABLE</Comment></SanctionsMeasure>
      <SanctionsMeasure><Comment/></SanctionsMeasure></SanctionsEntry>
    <SanctionsEntry ID="2" ProfileID="7002" ListID="1550">
      <SanctionsMeasure><Comment>MYTH</Comment></SanctionsMeasure></SanctionsEntry>
  </SanctionsEntries>
</Sanctions>
"""

UN_XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-20T00:00:09.554Z">
  <INDIVIDUALS>
    <INDIVIDUAL>
      <DATAID>1</DATAID><VERSIONNUM>1</VERSIONNUM>
      <FIRST_NAME>ANSGAR</FIRST_NAME><SECOND_NAME>PEREGRIN</SECOND_NAME>
      <THIRD_NAME>QUILLFEATHER</THIRD_NAME>
      <UN_LIST_TYPE>Fable</UN_LIST_TYPE><REFERENCE_NUMBER>FBi.001</REFERENCE_NUMBER>
      <LISTED_ON>2020-12-31</LISTED_ON>
      <NAME_ORIGINAL_SCRIPT>\u0627\u0646\u0633\u063a\u0627\u0631</NAME_ORIGINAL_SCRIPT>
      <COMMENTS1>Said to keep a harbour &amp; a lamp.</COMMENTS1>
      <NATIONALITY><VALUE>Iran (Islamic Republic of)</VALUE></NATIONALITY>
      <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Ansgar Quilfeder</ALIAS_NAME>
      </INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Quilly</ALIAS_NAME></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
      <INDIVIDUAL_ADDRESS><CITY>Port Vell</CITY><COUNTRY>Cuba</COUNTRY></INDIVIDUAL_ADDRESS>
      <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1970-03-12</DATE>
      </INDIVIDUAL_DATE_OF_BIRTH>
      <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1968</FROM_YEAR>
        <TO_YEAR>1969</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
      <INDIVIDUAL_PLACE_OF_BIRTH><COUNTRY/></INDIVIDUAL_PLACE_OF_BIRTH>
      <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>Q1234567</NUMBER>
        <COUNTRY_OF_ISSUE>Iran (Islamic Republic of)</COUNTRY_OF_ISSUE></INDIVIDUAL_DOCUMENT>
    </INDIVIDUAL>
  </INDIVIDUALS>
  <ENTITIES>
    <ENTITY>
      <DATAID>2</DATAID><FIRST_NAME>BANK OF THE LONG TIDE</FIRST_NAME>
      <UN_LIST_TYPE>Fable</UN_LIST_TYPE><REFERENCE_NUMBER>FBe.001</REFERENCE_NUMBER>
      <ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>"LONG TIDE SAVINGS"</ALIAS_NAME>
      </ENTITY_ALIAS>
      <ENTITY_ADDRESS><CITY>Pyongyang</CITY>
        <COUNTRY>Democratic People's Republic of Korea</COUNTRY></ENTITY_ADDRESS>
    </ENTITY>
  </ENTITIES>
</CONSOLIDATED_LIST>
"""

EU_HEADER = [
    "fileGenerationDate", "Entity_LogicalId", "Entity_EU_ReferenceNumber", "Entity_UnitedNationId",
    "Entity_DesignationDate", "Entity_Remark", "Entity_SubjectType",
    "Entity_SubjectType_ClassificationCode", "Entity_Regulation_NumberTitle",
    "Entity_Regulation_Programme", "NameAlias_LastName", "NameAlias_FirstName",
    "NameAlias_MiddleName", "NameAlias_WholeName", "NameAlias_Function", "NameAlias_Remark",
    "Address_City", "Address_Street", "Address_ZipCode", "Address_Region",
    "Address_CountryIso2Code", "Address_CountryDescription", "BirthDate_BirthDate",
    "BirthDate_Year", "BirthDate_YearRangeFrom", "BirthDate_YearRangeTo", "BirthDate_Circa",
    "BirthDate_CountryIso2Code", "Identification_Number", "Identification_LatinNumber",
    "Identification_TypeCode", "Identification_TypeDescription", "Identification_CountryIso2Code",
    "Citizenship_CountryIso2Code", "Citizenship_CountryDescription",
]  # fmt: skip

UK_HEADER = [
    "Last Updated", "Unique ID", "OFSI Group ID", "UN Reference Number",
    *(f"Name {number}" for number in (6, 1, 2, 3, 4, 5)), "Name type", "Alias strength", "Title",
    "Name non-latin script", "Non-latin script type", "Non-latin script language", "Regime Name",
    "Designation Type", "Designation source", "Sanctions Imposed", "Other Information",
    "UK Statement of Reasons", *(f"Address Line {number}" for number in range(1, 7)),
    "Address Postal Code", "Address Country", "Phone number", "Date Designated", "D.O.B",
    "Nationality(/ies)", "National Identifier number", "Passport number", "Position",
    "Town of birth", "Country of birth", "Type of entity", "Parent Company",
    "Business registration number (s)", "IMO number", "Current believed flag of ship",
    "Previous flags", "Type of ship", "Hull identification number (HIN)",
]  # fmt: skip

SIMPLE_HEADER = [
    "id", "schema", "name", "aliases", "birth_date", "countries", "addresses", "identifiers",
    "sanctions", "phones", "emails", "program_ids", "dataset", "first_seen", "last_seen",
    "last_change",
]  # fmt: skip


def ofac_csv(place: Path, **changed: str) -> Path:
    """Write the set of four files, some of them with another content."""
    place.mkdir(exist_ok=True)
    for name, text in OFAC.items():
        text = changed.get(name.removesuffix(".csv"), text)
        (place / name).write_bytes(text.encode())
    return place


def eu_csv(rows: Sequence[Mapping[str, str]] | None = None) -> bytes:
    """Return the European Union's CSV 1.1: one row for each alias, date and document."""
    quill = {
        "fileGenerationDate": "20/11/2026", "Entity_LogicalId": "13",
        "Entity_EU_ReferenceNumber": "EU.27.28", "Entity_SubjectType": "P",
        "Entity_SubjectType_ClassificationCode": "person", "Entity_Regulation_Programme": "FBL",
    }  # fmt: skip
    tide = quill | {
        "Entity_LogicalId": "14", "Entity_EU_ReferenceNumber": "EU.99.1",
        "Entity_SubjectType": "E", "Entity_SubjectType_ClassificationCode": "enterprise",
    }  # fmt: skip
    given = [
        quill | {"NameAlias_LastName": "QUILLFEATHER", "NameAlias_FirstName": "Ansgar",
                 "NameAlias_WholeName": "Ansgar QUILLFEATHER"},
        quill | {"NameAlias_WholeName": "Ansgar Quilfeder"},
        quill | {"NameAlias_WholeName": "Quilly", "NameAlias_Remark": "Low quality alias"},
        quill | {"BirthDate_BirthDate": "1970-03-12", "BirthDate_Year": "1970",
                 "BirthDate_CountryIso2Code": "00"},
        quill | {"BirthDate_Year": "1971", "BirthDate_Circa": "true"},
        quill | {"Identification_Number": "Q1234567", "Identification_TypeCode": "passport",
                 "Identification_TypeDescription": "National passport",
                 "Identification_CountryIso2Code": "IR"},
        quill | {"Citizenship_CountryIso2Code": "IR", "Citizenship_CountryDescription": "IRAN"},
        tide | {"NameAlias_WholeName": "Bank; of the Long Tide"},
        tide | {"Address_City": "Tehran", "Address_CountryIso2Code": "IR",
                "Address_CountryDescription": "IRAN (ISLAMIC REPUBLIC OF)"},
        tide | {"Identification_Number": "4400991", "Identification_TypeCode": "fiscalcode",
                "Identification_TypeDescription": "Tax Identification Number"},
    ] if rows is None else rows  # fmt: skip
    return _csv(EU_HEADER, given, ";").encode("utf-8-sig")


def uk_csv(rows: Sequence[Mapping[str, str]] | None = None) -> bytes:
    """Return the UK Sanctions List: one row for each combination of name and address."""
    quill = {
        "Last Updated": "01/11/2026", "Unique ID": "FBL0001", "OFSI Group ID": "1",
        "Name 6": "QUILLFEATHER", "Name 1": "Ansgar", "Name type": "Primary Name",
        "Regime Name": "The Fable (Sanctions) Regulations 2020", "Designation Type": "Individual",
        "D.O.B": "12/03/1970", "Nationality(/ies)": "(1) Iran (2) Cuba",
        "Passport number": "Q1234567 (Iran)", "Country of birth": "Iran",
    }  # fmt: skip
    ship = {
        "Last Updated": "01/11/2026", "Unique ID": "FBL0003", "Name 6": "SALTED THISTLE",
        "Name type": "Primary Name", "Regime Name": "The Fable (Sanctions) Regulations 2020",
        "Designation Type": "Ship", "IMO number": "IMO9000017",
        "Current believed flag of ship": "Cuba", "Previous flags": "Panama",
    }  # fmt: skip
    given = [
        quill,
        quill | {"D.O.B": "dd/mm/1971"},
        quill | {"Name 6": "QUILFEDER", "Name type": "Alias",
                 "Alias strength": "Good quality a.k.a"},
        quill | {"Name 6": "QUILLY", "Name 1": "", "Name type": "Alias",
                 "Alias strength": "Low quality a.k.a"},
        {"Last Updated": "01/11/2026", "Unique ID": "FBL0002", "Name 6": "BANK, LONG TIDE",
         "Name type": "Primary Name", "Name non-latin script": "\u0411\u0430\u043d\u043a",
         "Regime Name": "The Fable (Sanctions) Regulations 2020", "Designation Type": "Entity",
         "Address Country": "Russia", "Business registration number (s)":
         "(1) 1027700132999 (Russia) (2) 4400991"},
        ship,
    ] if rows is None else rows  # fmt: skip
    return ("Report Date: 20-Nov-2026\r\n" + _csv(UK_HEADER, given, ",")).encode()


def nested_json() -> bytes:
    """Return OpenSanctions' targets.nested.json: one target a line."""
    seen = {"first_seen": "2024-01-01T00:00:00", "last_seen": "2026-11-20T06:00:00",
            "last_change": "2026-10-01T00:00:00", "target": True, "referents": []}  # fmt: skip
    targets: list[dict[str, object]] = [
        {
            "id": "NK-1", "caption": "Ansgar Quillfeather", "schema": "Person",
            "datasets": ["fable_list"],
            "properties": {
                "name": ["Ansgar Quillfeather"], "alias": ["Ansgar Quilfeder"],
                "weakAlias": ["Quilly"], "birthDate": ["1970-03-12"], "nationality": ["ir"],
                "topics": ["sanction"],
                "sanctions": [{"id": "s1", "schema": "Sanction", "caption": "FBL", "properties": {
                    "authority": ["Office of Fables"], "programId": ["FBL-1"]}}],
                "passports": [{"id": "p1", "schema": "Passport", "properties": {
                    "number": ["Q1234567"], "country": ["ir"]}}],
                "addressEntity": [{"id": "a1", "schema": "Address", "properties": {
                    "full": ["Port Vell"], "country": ["cu"]}}],
                "ownershipOwner": [{"id": "o1", "schema": "Ownership", "properties": {
                    "asset": [{"id": "NK-9", "caption": "Lampwick Trading",
                               "schema": "Company", "properties": {"name": ["Lampwick"]}}]}}],
            },
        },
        {
            "id": "NK-2", "caption": "Bank of the Long Tide", "schema": "Company",
            "datasets": ["fable_list"],
            "properties": {
                "name": ["Bank of the Long Tide", "Long Tide Bank"], "swiftBic": ["LTIDIRTH"],
                "innCode": ["4400991"], "leiCode": ["529900T8BM49AURSDO55"],
                "jurisdiction": ["ir"], "incorporationDate": ["1988"],
            },
        },
        {
            "id": "NK-3", "caption": "SALTED THISTLE", "schema": "Vessel", "datasets": [],
            "properties": {"name": ["SALTED THISTLE"], "imoNumber": ["IMO9000017"],
                           "flag": ["cu"], "mmsi": ["422000001"]},
        },
    ]  # fmt: skip
    return "".join(json.dumps(one | seen, ensure_ascii=False) + "\n" for one in targets).encode()


def simple_csv() -> bytes:
    """Return OpenSanctions' targets.simple.csv: every field in quotes, several between ``;``."""
    seen = {"dataset": "Fable List", "last_seen": "2026-11-20T06:00:00"}
    rows = [
        seen | {"id": "NK-1", "schema": "Person", "name": "Ansgar Quillfeather",
                "aliases": "Ansgar Quilfeder;Quilly", "birth_date": "1970-03-12",
                "countries": "ir;ua-cri;suhh", "identifiers": "Q1234567", "sanctions": "FBL"},
        seen | {"id": "NK-3", "schema": "Vessel", "name": "SALTED THISTLE",
                "identifiers": "IMO9000017;422000001"},
    ]  # fmt: skip
    return _csv(SIMPLE_HEADER, rows, ",", quoting=csv.QUOTE_ALL, ending="\n").encode()


def _csv(
    header: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    separator: str,
    quoting: Any = csv.QUOTE_MINIMAL,
    ending: str = "\r\n",
) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=ending)
    writer.writerow(header)
    for row in rows:
        unknown = row.keys() - set(header)
        if unknown:
            raise ValueError(f"no column {unknown}")
        writer.writerow([row.get(column, "") for column in header])
    return text.getvalue()
