"""``gongshu``: the command line's entrance, its help, and the one place that turns errors into exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.main import get_command

import gongshu
from gongshu.cli import faults, output
from gongshu.cli.lazy import Entry, LazyGroup
from gongshu.errors import Exit, GongshuError, Text

_RUN = Text("运行平台", "Run the platform")
_WORK = Text("数据工作", "Work with data")
_PROVE = Text("规则与证明", "Rules and proof")

COMMANDS: dict[str, Entry] = {
    "init": Entry("gongshu.cli.init:init", Text("建立一个安装", "Set up an installation"), _RUN),
    "serve": Entry(
        "gongshu.cli.serve:serve",
        Text("启动网站、网关和后台任务", "Start the web pages, the gateway and the worker"),
        _RUN,
    ),
    "demo": Entry(
        "gongshu.cli.demo_command:demo",
        Text("在虚构城市江临市演示全流程", "Play the main job on the fictional city of Jianglin"),
        _RUN,
    ),
    "migrate": Entry("gongshu.cli.init:migrate", Text("升级数据库结构", "Bring the database up to date"), _RUN),
    "web": Entry("gongshu.cli.web:web", Text("只启动网站", "Start the web pages alone"), _RUN),
    "gateway": Entry("gongshu.cli.gateway:app", Text("数据网关", "The data gateway"), _RUN),
    "worker": Entry("gongshu.cli.worker:worker", Text("只启动后台任务", "Start the worker alone"), _RUN),
    "people": Entry("gongshu.cli.people:app", Text("用户与角色", "People and their roles"), _RUN),
    "notices": Entry("gongshu.cli.notices:app", Text("通知：邮件与推送", "Notices: e-mail and webhooks"), _RUN),
    "catalog": Entry("gongshu.cli.catalog:app", Text("数据目录", "The catalog"), _WORK),
    "collect": Entry("gongshu.cli.collect:app", Text("归集一个文件", "Collect a file"), _WORK),
    "source": Entry(
        "gongshu.cli.source:app", Text("接入来源：自动归集", "Sources that are collected by themselves"), _WORK
    ),
    "paper": Entry("gongshu.cli.paper:app", Text("纸质资料电子化", "Digitising paper"), _WORK),
    "scan": Entry("gongshu.cli.scan:app", Text("扫描个人信息", "Scan for personal data"), _WORK),
    "share": Entry("gongshu.cli.share:app", Text("共享申请", "Applications for sharing"), _WORK),
    "demands": Entry("gongshu.cli.demands:app", Text("数据需求与三清单", "Demands, and the three lists"), _WORK),
    "emergency": Entry(
        "gongshu.cli.emergency:app", Text("突发事件：宣布、结束、查询", "Emergencies: declare, end, look up"), _WORK
    ),
    "matters": Entry(
        "gongshu.cli.matters:app",
        Text("申请材料：可否索要、取消、保留", "Materials asked of people: may they be"),
        _WORK,
    ),
    "objections": Entry("gongshu.cli.objections:app", Text("数据异议：反馈、校核", "Objections: report, check"), _WORK),
    "lake": Entry("gongshu.cli.lake:app", Text("数据版本：查看、恢复、清理", "Versions: look, restore, clear"), _WORK),
    "compare": Entry(
        "gongshu.cli.compare:compare", Text("比对两个表、版本或文件", "Compare two tables, versions or files"), _WORK
    ),
    "quality": Entry("gongshu.cli.quality:app", Text("质量：检测、报告、规则", "Quality: check, report, rules"), _WORK),
    "grants": Entry("gongshu.cli.grants:app", Text("授权：查询、撤销", "Grants: look up, revoke"), _WORK),
    "clients": Entry("gongshu.cli.clients:app", Text("应用系统与密钥", "Client systems and secrets"), _WORK),
    "tokens": Entry("gongshu.cli.tokens:app", Text("程序的访问令牌", "Access tokens of programs"), _WORK),
    "open": Entry("gongshu.cli.opening:app", Text("向社会开放", "Opening to the public"), _WORK),
    "operation": Entry("gongshu.cli.operation:app", Text("授权运营", "Authorised operation"), _WORK),
    "spaces": Entry("gongshu.cli.spaces:app", Text("部门和乡镇数据仓", "Data stores of units"), _WORK),
    "libraries": Entry(
        "gongshu.cli.libraries:app", Text("基础库、主题库、专题库", "Base, theme and task libraries"), _WORK
    ),
    "assets": Entry("gongshu.cli.assets:app", Text("数据资产登记与评估", "Register of data assets"), _WORK),
    "findings": Entry("gongshu.cli.findings:app", Text("违规整改", "Violations and their correction"), _WORK),
    "surveys": Entry("gongshu.cli.surveys:app", Text("数据资源普查", "Surveys of data"), _WORK),
    "projects": Entry("gongshu.cli.projects:app", Text("信息化项目的数据关口", "Gate of IT projects"), _WORK),
    "rules": Entry("gongshu.cli.rules:app", Text("查询规则及其条款", "Ask a rule and its article"), _PROVE),
    "clock": Entry(
        "gongshu.cli.clock:app",
        Text("法定时限：待办、提醒、中止、延长", "The statutory clock: duties, reminders, stops, extensions"),
        _PROVE,
    ),
    "deadline": Entry("gongshu.cli.rules:deadline", Text("数工作日", "Count working days"), _PROVE),
    "verify-answer": Entry(
        "gongshu.cli.verify_answer:verify_answer",
        Text("离线校验签名应答", "Check a signed answer offline"),
        _PROVE,
    ),
    "ledger": Entry(
        "gongshu.cli.ledger:app",
        Text("存证账本：校验、证明、导出", "The ledger: verify, prove, export"),
        _PROVE,
    ),
    "witness": Entry("gongshu.cli.witness:app", Text("见证节点", "A witness for ledgers"), _PROVE),
}

_EXIT_CODES = Text(
    """[bold]退出码[/bold]
  0    成功
  1    回答为“否”,例如校验未通过
  2    命令有误
  3    输入或规则不允许,未作任何更改
  4    环境问题:端口占用、只读、磁盘满、数据库不可用
  5    程序缺陷,附事件号
  130  被中断

[bold]环境变量[/bold]
  GONGSHU_HOME          安装目录(默认 var)
  GONGSHU_LANG          zh 或 en
  GONGSHU_DATABASE_URL  PostgreSQL 地址(默认用 SQLite)

[bold]例[/bold]
  gongshu demo --city xian
  gongshu init --city yongjia && gongshu serve
  gongshu ledger verify""",
    """[bold]Exit codes[/bold]
  0    done
  1    the answer is no, for example a verification that failed
  2    the command line is wrong
  3    the input or a rule forbids it; nothing was changed
  4    the machine is in the way: port taken, read-only, disk full, database away
  5    a defect of ours, with an incident number
  130  interrupted

[bold]Environment[/bold]
  GONGSHU_HOME          the installation's folder (default var)
  GONGSHU_LANG          zh or en
  GONGSHU_DATABASE_URL  a PostgreSQL address (default SQLite)

[bold]Examples[/bold]
  gongshu demo --city xian
  gongshu init --city yongjia && gongshu serve
  gongshu ledger verify""",
)
_ABOUT = Text(
    "公数：一座城市的公共数据平台——编目、归集、共享、开放，每条规则注明条款，每次操作可以证明。",
    "Gongshu 公数： a city's public-data platform - catalog, collect, share, open; "
    "every rule cited, every act provable.",
)


class Root(LazyGroup):
    entries = COMMANDS


def build(language: str) -> Any:
    """The whole command line, its help in ``language``."""
    Root.language = language
    app = typer.Typer(
        name="gongshu",
        cls=Root,
        help=_ABOUT.say(language),
        epilog=_EXIT_CODES.say(language),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        version: Annotated[  # noqa: ARG001 - its callback answers
            bool,
            typer.Option(
                "--version",
                help=output.t("显示版本", "Show the version"),
                is_eager=True,
                callback=_show_version,
            ),
        ] = False,
        home: Annotated[
            str,
            typer.Option("--home", help=output.t("安装目录", "The installation's folder")),
        ] = "",
    ) -> None:
        if home:
            os.environ["GONGSHU_HOME"] = home

    return get_command(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"gongshu {gongshu.__version__}\n")
        raise typer.Exit(Exit.OK)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code, never an exception."""
    as_json = output.wants_json(arguments)
    try:
        result = build(output.language()).main(args=arguments, prog_name="gongshu", standalone_mode=False)
        code = int(result) if isinstance(result, int) else Exit.OK
        if code == Exit.INTERRUPTED:  # typer turns Ctrl-C into this
            output.note("已中断。", "Interrupted.")
        return code
    except GongshuError as error:
        output.print_error(error, as_json=as_json)
        return error.exit
    except (KeyboardInterrupt, typer.Abort):
        output.note("已中断。", "Interrupted.")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough (gongshu … | head); keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # the help is on the screen already
            return Exit.USAGE
        output.print_error(_usage(error), as_json=as_json)
        return Exit.USAGE
    except Exception as error:  # the last line of defence: a sentence, never a traceback
        fault = faults.as_environment_fault(error) or faults.as_incident(error)
        output.print_error(fault, as_json=as_json)
        return fault.exit


def _usage(error: typer.TyperException) -> GongshuError:
    message = str(getattr(error, "format_message", lambda: str(error))()).replace("\n", " ").strip().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "gongshu"
    return GongshuError(
        "cli.usage",
        f"命令有误：{_in_chinese(error) or message}。用法见：{command} --help",
        f"{message}. See: {command} --help",
    )


def _in_chinese(error: typer.TyperException) -> str:
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return f"没有选项 {getattr(error, 'option_name', '')}"
    parameter = getattr(error, "param", None)
    if parameter is not None:
        name = parameter.get_error_hint()
        return f"缺少 {name}" if kind == "MissingParameter" else f"{name} 的值无效（{getattr(error, 'message', '')}）"
    text = str(error)
    if text.startswith("No such command"):
        return "没有命令" + text.removeprefix("No such command").rstrip(".")
    return ""


def main() -> None:
    """The console script."""
    from gongshu.cli import process

    process.follow_supervisor()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
