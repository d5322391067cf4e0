"""The printable page of a signed answer: what a clerk puts into the file, with a QR code that anybody checks offline."""

from __future__ import annotations

from datetime import datetime
from html import escape
from io import BytesIO

import segno

from gongshu import clock
from gongshu.grants import signed
from gongshu.grants.signed import Checked, SignedAnswer

_WORDS = {"yes": ("是", "yes"), "no": ("否", "no"), "unknown": ("无记载", "unknown")}


def page(answer: SignedAnswer, checked: Checked) -> str:
    """HTML on one sheet of A4, without anything from elsewhere. ``checked`` is what ``signed.check`` made of ``answer``."""
    told = checked.statement
    at = clock.local(datetime.fromisoformat(told.at)).strftime("%Y-%m-%d %H:%M:%S")
    about = [_row(item, checked.key.get(item), "") for item in told.key]
    claims = [
        _row(item, checked.claims.get(item), " / ".join(_WORDS.get(told.answers[item], (told.answers[item],) * 2)))
        for item in told.claims
    ]
    facts = [
        ("数据资源 Resource", f"{told.title} {told.resource}".strip()),
        ("数据版本 Version", str(told.version)),
        ("核验时间 Verified at", f"{at} (UTC+8)"),
        ("核验单位 Asked by", told.organization),
        ("用途 Purpose", told.purpose),
        ("授权编号 Grant", told.grant),
        ("请求编号 Request", told.request_id),
    ]
    return _PAGE.format(
        facts="".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts),
        about="".join(about),
        claims="".join(claims),
        code=code(answer),
        keys="<br>".join(escape(key) for key in checked.signed_by),
    )


def code(answer: SignedAnswer) -> str:
    """The QR code of ``signed.pack`` as SVG, with the highest correction of errors that still fits."""
    text = signed.pack(answer)
    for error in "ml":
        try:
            made = segno.make_qr(text, error=error, boost_error=False)
            break
        except segno.DataOverflowError:
            continue
    else:
        return "<p>内容过长，无法制成二维码。请保存应答文件。 Too long for a QR code; keep the answer's file.</p>"
    out = BytesIO()
    made.save(out, kind="svg", scale=3, border=4, xmldecl=False, title="GSA1", svgclass=None, lineclass=None)
    return out.getvalue().decode()


def _row(item: str, value: object, answer: str) -> str:
    shown = "（未出示 not shown）" if value is None else str(value)
    return f"<tr><th scope=row>{escape(item)}</th><td>{escape(shown)}</td><td>{escape(answer)}</td></tr>"


_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>核验结果 Result of a verification</title>
<style>
@page {{ size: A4; margin: 18mm }}
body {{ font: 11pt/1.5 "Noto Sans CJK SC", "Source Han Sans SC", sans-serif; color: #111; max-width: 174mm; margin: 0 auto }}
h1 {{ font-size: 18pt; border-bottom: 2px solid #111; padding-bottom: 2mm }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 1mm 6mm }} dt {{ color: #555 }} dd {{ margin: 0 }}
table {{ width: 100%; border-collapse: collapse; margin: 4mm 0 }}
th, td {{ border: 1px solid #999; padding: 1.5mm 3mm; text-align: left; overflow-wrap: anywhere }}
figure {{ margin: 4mm 0; text-align: center }} figure svg {{ width: 78mm; height: 78mm }}
small {{ color: #555; overflow-wrap: anywhere }}
</style></head><body>
<h1>核验结果 <small>Result of a verification</small></h1>
<dl>{facts}</dl>
<table><thead><tr><th>核验对象 About</th><th>所提供的值 Value given</th><th></th></tr></thead><tbody>{about}</tbody></table>
<table><thead><tr><th>核验项 Claim</th><th>所提供的值 Value given</th><th>结果 Answer</th></tr></thead>
<tbody>{claims}</tbody></table>
<figure>{code}</figure>
<p>本页由数据网关签名，可离线校验：扫描二维码得到文字，用 <code>gongshu verify-answer</code> 和网关公布的公钥核对。
“否”表示登记内容不能证实该项，不说明登记了什么。<br>
<small>Signed by the data gateway and checked offline: read the code, and give its text with the gateway's public keys to
<code>gongshu verify-answer</code>. “No” says that the register does not confirm the claim, not what it holds.</small></p>
<p><small>{keys}</small></p>
</body></html>
"""
