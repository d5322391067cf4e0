"""Cases as people live through them, each in their own browser: a citizen's request and its review; a dispute."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.conftest import AXE, PHONE, visiting
from factories import PASSWORD, City, request
from gongshu import rules
from gongshu.sharing import actions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(chromium, live_server):
    """The smallest city under Yongjia's rules, served by Django itself."""
    usual = rules.active().id
    rules.configure("yongjia")
    yield City()
    rules.configure(usual)


@pytest.fixture
def visit(chromium, city, live_server):
    with visiting(chromium, live_server.url, PASSWORD) as open_browser:
        yield open_browser


def looks_well(visitor):
    assert visitor.sideways() <= 0, visitor.page.url
    if AXE.is_file():
        assert not visitor.complaints(), visitor.page.url


@pytest.mark.article("yongjia-32")
def test_a_citizen_asks_is_refused_and_has_the_refusal_reviewed(visit, city):
    """1. On her phone Sun finds data that are not open, makes an account, and asks for them."""
    entry = city.collected()
    sun = visit(screen=PHONE, expected={400})
    page = sun.go(f"/datasets/{entry.code}/").page
    page.get_by_role("link", name="申请数据").click()
    page.get_by_role("link", name="公众注册").click()
    page.get_by_label("姓名或单位名称").fill("孙女士")
    page.get_by_label("用户名").fill("sunny")
    page.get_by_label("密码", exact=False).first.fill(PASSWORD)
    page.get_by_label("再输一次密码").fill(PASSWORD)
    looks_well(sun)
    page.get_by_role("button", name="注册并登录").click()
    expect(page.get_by_role("heading", name="申请开放目录以外的数据")).to_be_visible()
    expect(page.locator("#route")).to_contain_text("第三十二条")
    page.get_by_label("公民").check()
    page.get_by_label("利用目的").fill("研究企业分布")
    page.get_by_label("使用范围").fill("个人论文")
    looks_well(sun)
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("status")).to_contain_text("已提交")
    looks_well(sun)
    mine = page.url.removeprefix(sun.base)
    number = mine.split("/")[2]

    """2. Li of the bureau cannot refuse without reasons, and gives them."""
    li = visit("li", expected={400})
    page = li.page
    page.locator("#todo tr", has_text=number).get_by_role("link", name="办理").click()
    page.locator("details.refuse > summary").click()
    page.locator("details.refuse").get_by_role("button", name="不予开放").click()
    expect(page.get_by_role("alert")).to_contain_text("理由")
    page.get_by_label("法定情形").select_option(value="trade_secret_or_privacy")
    page.locator("#refuse-remark").fill("含商业秘密")
    looks_well(li)
    page.locator("details.refuse").get_by_role("button", name="不予开放").click()
    expect(page.get_by_role("status")).to_contain_text("不予开放")

    """3. Sun reads why, and who looks again in how many days; she objects."""
    page = sun.go(mine).page
    expect(page.get_by_text("含商业秘密")).to_be_visible()
    expect(page.locator("#review")).to_contain_text("3 个工作日内")
    page.get_by_label("异议的理由").fill("登记信息依法公示，不是商业秘密")
    looks_well(sun)
    page.get_by_role("button", name="申请复核").click()
    expect(page.get_by_role("status")).to_contain_text("复核申请已提交")

    """4. Chen of the centre reviews the refusal and overturns it."""
    chen = visit("chen")
    page = chen.page
    page.locator("#todo tr", has_text=number).get_by_role("link", name="办理").click()
    expect(page.get_by_text("登记信息依法公示")).to_be_visible()
    page.locator("#agree-remark").fill("属于公示信息")
    page.locator("details.agree").get_by_role("button", name="同意").click()
    expect(page.get_by_role("status")).to_contain_text("已同意")
    page = sun.go("/requests/").page
    expect(page.locator("tr", has_text=number)).to_contain_text("已同意")
    looks_well(sun)


@pytest.mark.article("yongjia-20")
def test_a_refusal_is_disputed_and_the_government_decides(visit, city):
    entry = city.collected()
    number = actions.apply(by=city.consumer, code=entry.code, request=request()).number

    """1. The centre refuses with what the pack demands; Zhou disputes it, saying which duty needs the data."""
    chen = visit("chen")
    page = chen.go(f"/console/applications/{number}/").page
    page.locator("details.refuse > summary").click()
    page.locator("#refuse-reason").fill("涉及商业秘密")
    if page.locator("#basis").count():
        page.locator("#basis_kind").select_option(value="law")
        page.locator("#basis").fill("《反不正当竞争法》第十条")
    page.locator("details.refuse").get_by_role("button", name="不予共享").click()
    expect(page.get_by_role("status")).to_contain_text("不予共享")
    zhou = visit("zhou")
    page = zhou.go(f"/console/applications/{number}/").page
    page.get_by_role("link", name="提出争议").click()
    expect(page.locator("#ladder")).to_contain_text("第二十条")
    page.get_by_label("因履行何种职责").fill("商品房预售许可核查确需使用")
    looks_well(zhou)
    page.get_by_role("button", name="提出争议").click()
    expect(page.get_by_role("status")).to_contain_text("已提出")
    dispute = page.url.removeprefix(zhou.base)

    """2. The centre coordinates in vain and says why; the government decides that the data are shared."""
    page = chen.go(dispute).page
    page.locator("details.return > summary").click()
    page.locator("#remark-failed").fill("双方意见不一致")
    looks_well(chen)
    page.get_by_role("button", name="未达成一致").click()
    expect(page.get_by_role("status")).to_contain_text("未达成一致")
    qian = visit("qian", screen=PHONE)
    page = qian.go(dispute).page
    expect(page.get_by_text("双方意见不一致")).to_be_visible()
    looks_well(qian)
    page.locator("details.agree").get_by_role("button", name="同意共享").click()
    expect(page.get_by_role("status")).to_contain_text("授权已生效")
    page = zhou.go(dispute).page
    page.get_by_role("link", name="查看授权").click()
    expect(page.get_by_role("link", name=dispute.split("/")[3])).to_be_visible()
