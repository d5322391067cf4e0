"""``gongshu notices``: read them, say how to get them by e-mail, connect a system by webhook, send what is queued."""

from __future__ import annotations

from typing import Annotated

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json
from gongshu.errors import Exit, GongshuError

app = typer.Typer(
    help=t("通知：查看、邮件方式、系统推送。", "Notices: read them, e-mail, webhooks."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


@app.command("list")
def list_notices(by: As = "", as_json: Json = False) -> None:
    """列出发给我的通知。 List the notices to me.

    例 Example:  gongshu notices list --as li
    """
    actor = session.actor(by)
    from gongshu import clock
    from gongshu.notifications import queries

    found = list(queries.of(actor)[:200])
    if as_json:
        output.emit(
            [
                {"kind": n.kind, "zh": n.zh, "en": n.en, "link": n.link, "at": n.created_at, "read_at": n.read_at}
                for n in found
            ]
        )
        return
    for notice in found:
        mark = " " if notice.read_at else "*"
        output.console().print(
            f"{mark} {clock.local(notice.created_at):%Y-%m-%d %H:%M}  {notice.say(output.language())}", markup=False
        )


@app.command()
def prefer(
    mode: Annotated[str, typer.Argument(help="at_once | daily | none")],
    by: As = "",
    email: Annotated[str | None, typer.Option(help=t("收信地址", "Address"))] = None,
) -> None:
    """我怎样收邮件：随时、每日汇总或不发。 How I get e-mail: at once, a daily digest, none.

    例 Example:  gongshu notices prefer daily --email li@example.gov.cn --as li
    """
    actor = session.actor(by)
    from gongshu.identity import actions as identity
    from gongshu.notifications import actions
    from gongshu.notifications.states import EMAIL_MODE_LABELS, EmailMode

    if mode not in {str(known) for known in EmailMode}:
        error = GongshuError("cli.usage", "方式须为 at_once、daily 或 none。", "The mode is at_once, daily or none.")
        error.exit = Exit.USAGE
        raise error
    if email is not None:
        identity.change_email(by=actor, username=actor.username, email=email)
    actions.prefer(by=actor, email=EmailMode(mode))
    label = EMAIL_MODE_LABELS[EmailMode(mode)]
    output.say(f"邮件通知：{label.zh}", f"E-mail: {label.en}")


@app.command()
def connect(
    url: Annotated[str, typer.Argument(help=t("推送地址", "Address to call"))],
    by: As = "",
    algorithm: Annotated[str, typer.Option(help="HMAC-SM3 | HMAC-SHA256")] = "HMAC-SM3",
    as_json: Json = False,
) -> None:
    """把本单位的通知推送到一个系统；密钥只显示这一次。 Send my organisation's notices to a system; the secret shows once.

    例 Example:  gongshu notices connect https://oa.example.gov.cn/hook --as li
    """
    actor = session.actor(by)
    from gongshu.notifications import actions

    webhook, secret = actions.add_webhook(by=actor, organization=actor.organization, url=url, algorithm=algorithm)
    if as_json:
        output.emit({"webhook": webhook.pk, "url": webhook.url, "algorithm": webhook.algorithm, "secret": secret})
        return
    output.say(
        f"推送 {webhook.pk}，密钥（只显示一次）：{secret}", f"Webhook {webhook.pk}, secret (shown once): {secret}"
    )


@app.command()
def disconnect(
    webhook_id: Annotated[int, typer.Argument(help=t("推送编号", "Number of the webhook"))], by: As = ""
) -> None:
    """停止一个推送。 Stop a webhook.

    例 Example:  gongshu notices disconnect 1 --as li
    """
    actor = session.actor(by)
    from gongshu.notifications import actions

    actions.remove_webhook(by=actor, webhook_id=webhook_id)
    output.say("已停止推送。", "Nothing more is sent there.")


@app.command()
def deliveries(by: As = "", as_json: Json = False) -> None:
    """列出发出的邮件和推送及其状态。 List letters and calls, and how they stand.

    例 Example:  gongshu notices deliveries --as lin --json
    """
    actor = session.actor(by)
    from gongshu.notifications import queries

    found = list(queries.deliveries(actor)[:200])
    if as_json:
        output.emit(
            [
                {
                    "key": d.key,
                    "channel": d.channel,
                    "organization": d.webhook.organization.code if d.webhook else "",
                    "status": d.status,
                    "attempts": d.attempts,
                    "problem": d.problem,
                    "queued_at": d.queued_at,
                    "sent_at": d.sent_at,
                }
                for d in found
            ]
        )
        return
    for delivery in found:
        output.console().print(
            f"{delivery.key}  {delivery.channel}  {delivery.status_label.say(output.language())}  "
            f"{delivery.attempts}  {delivery.problem}",
            markup=False,
        )


@app.command()
def send(as_json: Json = False) -> None:
    """立即发送到期的邮件、推送和每日汇总（后台任务平时自动做）。 Send what is due now; the worker does it by itself.

    例 Example:  gongshu notices send --json
    """
    session.connect()
    from gongshu.identity.actor import Actor
    from gongshu.notifications import actions, sending
    from gongshu.notifications.states import Channel

    by = Actor.process("notices")
    counts = {"digests": actions.queue_digests(by=by)}
    counts |= {str(channel): sending.send_due(by=by, channel=channel) for channel in Channel}
    if as_json:
        output.emit(counts)
        return
    output.say(
        f"汇总 {counts['digests']}，邮件 {counts['email']}，推送 {counts['webhook']}。",
        f"Digests {counts['digests']}, letters {counts['email']}, calls {counts['webhook']}.",
    )
