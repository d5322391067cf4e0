"""Run on an installation under Yongjia's rules: the smallest city, and two checks that the market bureau owes.

``python yongjia_city.py`` with ``GONGSHU_HOME``; prints the numbers of the duty of today and of the one of next year.
"""

from __future__ import annotations

from datetime import date

import django

django.setup()

from factories import City  # noqa: E402
from gongshu import clock, deadlines, rules  # noqa: E402
from gongshu.duties import actions  # noqa: E402
from gongshu.errors import Text  # noqa: E402
from gongshu.identity.states import Role  # noqa: E402
from gongshu.rules import plain  # noqa: E402


def owe(city: City, subject: str, title: Text, starts_on: date | None = None) -> int:
    pack = rules.active()
    found = pack.value("objection.check_deadline", on=clock.today())
    duty = actions.open_duty(
        by=city.consumer,
        kind="objection.check",
        subject=subject,
        title=title,
        link="/console/duties/",
        organization="market",
        role=Role.PROVIDER,
        pack=pack,
        citations=[c.as_json() for c in found.citations],
        days=found.value.days,
        words=found.value.words,
        applicant="市住房和城乡建设局",
        concerned="housing",
        starts_on=starts_on,
        extension=plain(found.value.extension),
    )
    return duty.pk


if __name__ == "__main__":
    jianglin = City()
    last = date(max(deadlines.calendar.load().years), 12, 28)  # from here five working days lead into an unknown year
    now = owe(jianglin, "YY-1", Text("校核企业登记信息", "Check the company register"))
    later = owe(jianglin, "YY-2", Text("校核注册资本", "Check the capital"), max(last, clock.today()))
    print(now, later)
