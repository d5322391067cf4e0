"""Every machine-checkable rule of the five texts (S1 to S37 of the fact sheet) is a parameter with its article."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gongshu import rules
from gongshu.rules import plain

DAY = date(2026, 3, 2)
RULES: tuple[tuple[str, str, str, dict[str, Any], Any], ...] = (
    ("S1", "xian-12", "catalog.update_deadline", {}, {"days": 15}),
    ("S2", "xian-12", "catalog.full_review", {}, {"value": 1, "unit": "quarters"}),
    ("S3", "yongjia-11", "catalog.update_deadline", {}, {"days": 5}),
    ("S4", "xian-21", "catalog.data_update_deadline", {}, {"days": 5}),
    ("S5", "xian-20", "sharing.reply_deadline", {}, {"days": 10}),
    ("S6", "yongjia-20", "sharing.reply_deadline", {"collected": False}, {"days": 7}),
    ("S7", "luzhou-17", "sharing.refusal_requires", {}, {"legal_basis": True}),
    ("S8", "yongjia-23", "objection.check_deadline", {}, {"days": 5, "extension": {"days": 15, "counts": "total"}}),
    ("S9", "yongjia-32", "opening.review_deadline", {}, {"days": 3}),
    ("S10", "dazhou-19", "operation.review_deadline", {}, {"days": 5}),
    ("S11", "dazhou-19", "operation.collect_deadline", {}, {"days": 10}),
    ("S11b", "dazhou-19", "operation.verify_deadline", {}, {"days": 5}),
    ("S12", "dazhou-8", "operation.agreement_term", {}, {"value": 3, "unit": "years"}),
    ("S12b", "dazhou-8", "operation.renewal_window", {}, {"value": 3, "unit": "months"}),
    ("S13", "xian-36", "ledger.retention_years", {}, {"value": 3}),
    ("S13b", "xian-36", "ledger.traceable_operations", {}, 8),
    ("S13c", "xian-36", "ledger.pushed_to", {}, 2),
    ("S14", "xian-39", "supervision.yearly_report", {}, {"month": 12, "day": 31}),
    ("S15", "xian-38", "supervision.evaluation_cycle", {}, {"value": 1, "unit": "years"}),
    ("S15b", "yongjia-41", "supervision.evaluation_cycle", {}, {"value": 1, "unit": "years"}),
    ("S16", "xian-40", "supervision.project_gate", {}, 4),
    ("S16b", "luzhou-12", "supervision.project_gate", {}, 5),
    ("S16c", "yongjia-12", "supervision.project_gate", {}, 7),
    ("S17", "xian-34", "sharing.secrecy_review_before", {}, True),
    ("S17b", "yongjia-39", "sharing.secrecy_review_before", {}, True),
    ("S18", "luzhou-16", "sharing.type_requires", {}, {"CONDITIONAL": {"reason": True}}),
    ("S18b", "xian-19", "sharing.type_requires", {}, {"PROHIBITED": {"legal_basis": True}}),
    ("S19", "yongjia-15", "catalog.unconditional_excludes", {}, 3),
    ("S19b", "yongjia-15", "catalog.unconditional_unless_excluded", {}, True),
    ("S20", "xian-23", "objection.business_continues", {}, True),
    ("S20b", "yongjia-23", "objection.business_continues", {}, True),
    ("S21", "luzhou-18", "sharing.default_mode", {"system": "decision_analysis"}, "central_analysis"),
    ("S22", "yongjia-21", "sharing.default_mode", {}, "query"),
    ("S23", "yongjia-20", "sharing.chain", {"share_type": "UNCONDITIONAL"}, {"access": "application"}),
    ("S23b", "xian-20", "sharing.chain", {"share_type": "UNCONDITIONAL"}, {"access": "direct"}),
    ("S24", "luzhou-19", "sharing.use_limits", {}, 3),
    ("S24b", "xian-22", "sharing.use_limits", {}, 3),
    ("S24c", "yongjia-22", "sharing.use_limits", {}, 3),
    ("S25", "yongjia-30", "opening.restriction_needs_filing", {}, True),
    ("S25b", "yongjia-28", "opening.reassessment", {}, {"value": None}),
    ("S26", "luzhou-20", "emergency.kinds", {}, 4),
    ("S26b", "yongjia-33", "emergency.kinds", {}, 4),
    ("S26c", "luzhou-20", "emergency.purpose_limited", {}, True),
    ("S27", "luzhou-31", "objection.outcomes", {}, 3),
    ("S27b", "luzhou-32", "objection.channels", {}, 2),
    ("S27c", "luzhou-31", "objection.loop", {}, 5),
    ("S28", "xian-20", "sharing.dispute", {}, 2),
    ("S28b", "luzhou-26", "opening.dispute", {}, 2),
    ("S28c", "yongjia-28", "opening.dispute", {}, 3),
    ("S28d", "dazhou-27", "operation.dispute", {}, 2),
    ("S29", "luzhou-36", "security.cross_border_requires", {}, 1),
    ("S30", "xian-26", "opening.applicants", {}, 3),
    ("S31", "dazhou-12", "operation.exit_steps", {}, 3),
    ("S31b", "dazhou-12", "operation.exit_grounds", {}, 4),
    ("S32", "dazhou-26", "security.segments", {}, 4),
    ("S32b", "dazhou-26", "operation.agreement_parties", {}, 3),
    ("S33", "xian-27", "opening.raw_data_stay", {}, True),
    ("S33b", "dazhou-22", "opening.raw_data_stay", {}, True),
    ("S34", "luzhou-27", "opening.attribution", {}, {"zh": "在成果中注明数据来源"}),
    ("S34b", "dazhou-23", "opening.attribution", {}, {}),
    ("S35", "xian-35", "register.posts", {}, 4),
    ("S35b", "yongjia-43", "register.change_deadline", {}, {"days": None}),
    ("S36", "yongjia-25", "ledger.provider_sees_readers", {}, True),
    ("S37", "yongjia-24", "sharing.equal_to_original", {}, True),
    ("S37b", "xian-16", "collection.no_resubmission", {}, True),
    ("qualification", "dazhou-7", "operation.qualification", {}, 4),
    ("ending supply", "dazhou-20", "operation.supply_end_cases", {}, 3),
    ("never authorised", "dazhou-16", "operation.prohibited_grounds", {}, 3),
    ("violations", "xian-43", "supervision.violations", {}, 7),
    ("violations of bodies", "yongjia-46", "supervision.violations", {}, 8),
    ("violations of users", "yongjia-47", "supervision.user_violations", {}, 5),
    ("evaluated", "yongjia-41", "supervision.evaluation_subjects", {}, 5),
    ("priority", "luzhou-24", "opening.priority", {}, 4),
    ("rights", "xian-6", "catalog.rights", {}, 5),
    ("overall management", "xian-7", "catalog.overall_management", {}, 1),
    ("rights of departments", "xian-8", "catalog.provider_rights", {}, 3),
    ("rights by authorisation", "xian-9", "catalog.authorised_rights", {}, 2),
)


def holds(wanted: Any, value: Any) -> bool:
    """Whether ``value`` says at least what ``wanted`` names."""
    if isinstance(wanted, dict):
        return all(holds(item, value[key]) for key, item in wanted.items())
    return bool(wanted == value)


@pytest.mark.parametrize(("row", "name", "where", "wanted"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES])
def test_the_pack_says_it_and_cites_it(row, name, where, wanted):
    city, _, article = row.partition("-")
    found = rules.load(city).value(name, on=DAY, **where)
    value = plain(found.value)
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        assert len(value) == wanted
    elif isinstance(wanted, dict):
        assert holds(wanted, value)
    else:
        assert value == wanted
    assert found.pack == city
    assert article in {citation.article.partition("(")[0] for citation in found.citations if citation.verified}


@pytest.mark.parametrize("city", ["luzhou", "dazhou", "xian", "yongjia"])
def test_every_citation_of_a_city_names_an_article_of_its_text(city):
    """Rows of the register and articles that only define or date the text."""
    pack = rules.load(city)
    known = {article.number for article in rules.articles(pack)} | {"3"}
    for entries in pack.entries.values():
        for entry in entries:
            for variant in entry.variants:
                for citation in variant.citations:
                    if citation.source.id == city:
                        assert citation.article.partition("(")[0] in known, citation.id


def test_choices_have_distinct_ids():
    for name in rules.available():
        pack = rules.load(name)
        for definition in pack.parameters():
            if definition.shape not in {"choices", "held"}:
                continue
            found = pack.find(definition.name, on=DAY)
            ids = [choice.id for choice in found.value] if found else []
            assert len(ids) == len(set(ids)), (name, definition.name)
