"""The sentences with which collection refuses a file. None of them quotes a data value."""

from __future__ import annotations

from collections.abc import Sequence

from gongshu.errors import EnvironmentFault, GongshuError, Text


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"


def _header(row: int) -> tuple[str, str]:
    """Where column names stand: a row of a table, or in the records themselves (row 0)."""
    return (f"表头（第 {row} 行）", f"In the header (row {row})") if row else ("记录的字段", "In the records' fields")


def option_unknown(name: str) -> GongshuError:
    return GongshuError(
        "collection.option",
        f"读取选项 {name} 的值不在允许范围内。请按说明填写，或留空由系统识别。",
        f"The reading option {name} has a value that is not allowed. Follow the help, or leave it to detection.",
        option=name,
    )


def in_part(name: str, error: GongshuError) -> GongshuError:
    """The same refusal, with the name of the file inside the archive (or the sheet) that it concerns."""
    zh, en = error.text
    error.text = Text(f"“{name}”：{zh}", f"“{name}”: {en}")
    return error


def missing_file(name: str) -> GongshuError:
    return GongshuError(
        "collection.file_missing",
        f"找不到文件 {name}，或它不是普通文件。请核对路径。",
        f"There is no file {name}, or it is not a regular file. Check the path.",
        file=name,
    )


def unreadable(name: str, reason: str) -> GongshuError:
    return EnvironmentFault(
        "collection.unreadable",
        f"文件 {name} 无法读取（{reason}）。请检查权限和磁盘。",
        f"The file {name} cannot be read ({reason}). Check its rights and the disk.",
    )


def scratch(reason: str) -> GongshuError:
    return EnvironmentFault(
        "collection.scratch",
        f"临时目录无法写入（{reason}）。请检查磁盘空间后重试。",
        f"The scratch folder cannot be written ({reason}). Check the disk's space and try again.",
    )


def row_count(declared: int, found: int) -> GongshuError:
    return GongshuError(
        "collection.row_count",
        f"交接清单写明 {declared} 行，文件实有 {found} 行，未入库。请核对后重新提交。",
        f"The manifest says {declared} rows and the file has {found}; nothing was committed. Examine and submit again.",
    )


def read_back(received: int, held: int) -> GongshuError:
    return EnvironmentFault(
        "collection.read_back",
        f"写入后回读与收到的数据不一致（收到 {received} 行，回读 {held} 行），未提交。请检查磁盘后重试。",
        f"What was read back differs from what was received ({received} rows received, {held} read back); nothing was "
        "committed. Examine the disk, then try again.",
    )


def empty() -> GongshuError:
    return GongshuError(
        "collection.empty",
        "文件是空的。请确认导出成功后重新提交。",
        "The file is empty. Make sure that the export worked and submit it again.",
    )


def no_rows() -> GongshuError:
    return GongshuError(
        "collection.no_rows",
        "文件只有表头，没有数据行。原有版本保持不变；如确需清空，请走下架流程。",
        "The file has a header and no data rows. The present version stays; to empty a resource, take it down.",
    )


def too_big(limit: int) -> GongshuError:
    return GongshuError(
        "collection.too_big",
        f"文件（解压后）超过 {_megabytes(limit)} 的上限。请拆分后分批提交。",
        f"The file (unpacked) is over the limit of {_megabytes(limit)}. Split it and submit the parts.",
    )


def bomb(ratio: int) -> GongshuError:
    return GongshuError(
        "collection.bomb",
        f"压缩文件膨胀超过 {ratio} 倍，疑为压缩炸弹，已停止解压。请提交未压缩的文件。",
        f"The archive grows more than {ratio} times: it looks like a bomb, unpacking stopped. Submit it unpacked.",
    )


def archive_damaged(kind: str) -> GongshuError:
    return GongshuError(
        "collection.archive_damaged",
        f"{kind} 压缩文件已损坏或不完整。请重新压缩后提交。",
        f"The {kind} archive is damaged or cut short. Pack it again and submit it.",
    )


def archive_encrypted() -> GongshuError:
    return GongshuError(
        "collection.archive_encrypted",
        "压缩文件设有密码。请去掉密码后提交。",
        "The archive is protected by a password. Remove it and submit again.",
    )


def archive_empty() -> GongshuError:
    return GongshuError(
        "collection.archive_empty",
        "压缩文件中没有数据文件。请核对后重新打包。",
        "The archive holds no data file. Check it and pack it again.",
    )


def archive_files(limit: int) -> GongshuError:
    return GongshuError(
        "collection.archive_files",
        f"压缩文件中超过 {limit} 个文件。请分批提交。",
        f"The archive holds more than {limit} files. Submit them in parts.",
    )


def not_a_table(kind: str) -> GongshuError:
    return GongshuError(
        "collection.not_a_table",
        f"文件内容是 {kind}，不在可归集的格式之内。请导出为 CSV 或 Excel（XLSX）后提交。",
        f"The content of the file is {kind}, which is not collected. Export it as CSV or Excel (XLSX).",
    )


def binary() -> GongshuError:
    return GongshuError(
        "collection.binary",
        "文件含有空字节，是二进制内容而非文本表格。请导出为 CSV 或 Excel（XLSX）后提交。",
        "The file holds NUL bytes: it is binary, not a text table. Export it as CSV or Excel (XLSX).",
    )


def encoding_unknown(line: int) -> GongshuError:
    return GongshuError(
        "collection.encoding",
        f"第 {line} 行附近的字节既不是 UTF-8、UTF-16，也不是 GB18030。请用 UTF-8 重新导出。",
        f"Near line {line} the bytes are neither UTF-8, UTF-16 nor GB18030. Export the file again as UTF-8.",
        line=line,
    )


def encoding_doubtful(percent: int) -> GongshuError:
    return GongshuError(
        "collection.encoding_doubtful",
        f"文件不是 UTF-8，按 GB18030 解读时常用汉字和标点只占 {percent}%，不像中文，可能是西文等其他编码。"
        "请用 UTF-8 重新导出，或在读取选项中指定编码。",
        f"The file is not UTF-8, and read as GB18030 only {percent} % of its signs are common Chinese ones: it is probably "
        "in another encoding. Export it again as UTF-8, or name the encoding in the reading options.",
        percent=percent,
    )


def encoding_not_as_said(encoding: str, line: int) -> GongshuError:
    return GongshuError(
        "collection.encoding",
        f"第 {line} 行附近的字节不能按指定的 {encoding} 解读。请改选编码，或留空由系统识别。",
        f"Near line {line} the bytes are not {encoding}, which was named. Choose another, or leave it to detection.",
        line=line,
    )


def record_too_long(number: int, limit: int) -> GongshuError:
    return GongshuError(
        "collection.line_too_long",
        f"第 {number} 条记录超过 {_megabytes(limit)}，可能缺少结束符号。请更正后提交。",
        f"Record {number} is longer than {_megabytes(limit)}: its end is probably missing. Mend the file.",
        row=number,
    )


def nested_too_deep(limit: int) -> GongshuError:
    return GongshuError(
        "collection.nested",
        f"文件嵌套超过 {limit} 层，已停止读取。请导出为扁平的记录。",
        f"The file is nested more than {limit} levels deep; reading stopped. Export flat records.",
    )


def document_damaged(kind: str, line: int) -> GongshuError:
    return GongshuError(
        "collection.document_damaged",
        f"第 {line} 行附近不是合法的 {kind}，文件可能不完整。请重新导出。",
        f"Near line {line} the file is not valid {kind}; it may be cut short. Export it again.",
        line=line,
    )


def xml_entities() -> GongshuError:
    return GongshuError(
        "collection.xml_entities",
        "XML 文件声明了实体或外部文档类型，可能用于攻击，不予读取。请去掉 DOCTYPE 后提交。",
        "The XML declares entities or an external document type, which attacks use; it is not read. Remove the DOCTYPE.",
    )


def records_missing(path: str) -> GongshuError:
    return GongshuError(
        "collection.records",
        f"文件中没有“{path}”处的记录列表。请核对路径，或留空由系统识别。"
        if path
        else "文件中找不到记录列表。应为对象数组、每行一个对象，或含有这样数组的对象。",
        f"There is no list of records at “{path}”. Check the path, or leave it to detection."
        if path
        else "The file holds no list of records: an array of objects, an object per line, or an object with such an array.",
    )


def parquet_damaged() -> GongshuError:
    return GongshuError(
        "collection.parquet_damaged",
        "Parquet 文件已损坏、不完整或已加密。请重新导出。",
        "The Parquet file is damaged, cut short or encrypted. Export it again.",
    )


def workbook_macros() -> GongshuError:
    return GongshuError(
        "collection.workbook_macros",
        "表格文件含有宏程序，不予读取。请另存为不含宏的 XLSX 后提交。",
        "The workbook holds macros and is not read. Save it as XLSX without macros and submit that.",
    )


def line_too_long(row: int, limit: int) -> GongshuError:
    return GongshuError(
        "collection.line_too_long",
        f"第 {row} 行超过 {_megabytes(limit)}，可能缺少换行或有未闭合的引号。请更正后提交。",
        f"Row {row} is longer than {_megabytes(limit)}: a line break or a closing quotation mark is missing.",
        row=row,
    )


def quote_open(row: int) -> GongshuError:
    return GongshuError(
        "collection.quote_open",
        f"第 {row} 行的引号没有闭合，其后的内容无法分行。请补上引号后提交。",
        f"The quotation mark in row {row} is never closed, so what follows cannot be split into rows. Close it.",
        row=row,
    )


def header_missing(expected: Sequence[str]) -> GongshuError:
    return GongshuError(
        "collection.header_missing",
        f"前 50 行中找不到表头。目录要求的列：{'、'.join(expected)}。请加上表头行。",
        f"No header in the first 50 rows. The catalog expects the columns: {', '.join(expected)}. Add a header row.",
    )


def header_unclear() -> GongshuError:
    return GongshuError(
        "collection.header_unclear",
        "看不出哪一行是表头。请在数据上方加一行各不相同的列名。",
        "No row looks like a header. Put a row of distinct column names above the data.",
    )


def column_missing(row: int, missing: Sequence[str]) -> GongshuError:
    return GongshuError(
        "collection.column_missing",
        f"{_header(row)[0]}缺少目录要求的列：{'、'.join(missing)}。请补齐后提交。",
        f"{_header(row)[1]} columns of the catalog are missing: {', '.join(missing)}. Add them.",
        row=row,
    )


def column_twice(row: int, positions: Sequence[int], label: str) -> GongshuError:
    where = [str(position) for position in positions]
    return GongshuError(
        "collection.column_twice",
        f"表头（第 {row} 行）第 {'、'.join(where)} 列同名：{label}。请改名或删去多余的列。",
        f"In the header (row {row}) the columns {', '.join(where)} have one name: {label}. Rename or remove one.",
        row=row,
    )


def column_unlisted(row: int, names: Sequence[str]) -> GongshuError:
    return GongshuError(
        "collection.column_unlisted",
        f"{_header(row)[0]}有目录未列的列：{'、'.join(names)}。目录之外的数据不予归集：请删去这些列、"
        "加 --drop-unlisted 忽略它们，或用 gongshu catalog draft 编目后再提交。",
        f"{_header(row)[1]} there are columns that the catalog does not list: {', '.join(names)}. Remove them, "
        "ignore them with --drop-unlisted, or catalog them first with: gongshu catalog draft.",
        row=row,
    )


def too_many_columns(limit: int) -> GongshuError:
    return GongshuError(
        "collection.columns",
        f"表格超过 {limit} 列。请拆分后提交。",
        f"The table has more than {limit} columns. Split it.",
    )


def workbook_encrypted() -> GongshuError:
    return GongshuError(
        "collection.workbook_encrypted",
        "表格文件设有打开密码。请去掉密码后提交。",
        "The workbook is protected by a password. Remove it and submit again.",
    )


def workbook_damaged() -> GongshuError:
    return GongshuError(
        "collection.workbook_damaged",
        "表格文件已损坏或格式不受支持。请用表格软件打开后另存为 XLSX 或 CSV。",
        "The workbook is damaged or of an unknown kind. Open it and save it as XLSX or CSV.",
    )


def workbook_heavy() -> GongshuError:
    return GongshuError(
        "collection.workbook_heavy",
        "表格文件需要的内存或时间超过上限。请另存为 CSV 后提交。",
        "The workbook needs more memory or time than is allowed. Save it as CSV and submit that.",
    )


def sheet_unknown(count: int) -> GongshuError:
    return GongshuError(
        "collection.sheet_unknown",
        f"工作簿（共 {count} 张工作表）中没有指定的工作表。请核对名称。",
        f"The workbook ({count} sheets) has no sheet of that name. Check it.",
    )


def nothing_accepted(read: int) -> GongshuError:
    return GongshuError(
        "collection.nothing_accepted",
        f"{read} 行数据全部未通过检查，没有形成新版本；每行的原因已保留，可在归集记录中查看。",
        f"None of the {read} rows passed the checks, so there is no new version; the reason of each row is kept.",
        rows=read,
    )


def cancelled() -> GongshuError:
    return GongshuError(
        "collection.cancelled",
        "归集已取消，没有形成新版本。",
        "The run was cancelled; there is no new version.",
    )
