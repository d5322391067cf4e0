"""presidio-analyzer with the shapes and checksums of our recognisers, without a language model; which columns hold what."""

import sys

import polars as pl
import spacy
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱"
    "江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童"
)
WORDS = "(?:省|市|区|县|旗|州|镇|乡|街道|街|路|大道|巷|弄|里|村|社区|小区|号|栋|幢|座|单元|室)"
PLATE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·• ]?"


class Nothing(NlpEngine):
    """No tokens, no entities."""

    def __init__(self):
        self.empty = spacy.blank("zh")("")

    def load(self):
        pass

    def is_loaded(self):
        return True

    def process_text(self, _text, language):
        return NlpArtifacts([], self.empty, [], [], self, language)

    def process_batch(self, texts, language, **_):
        for each in texts:
            text = each[0] if isinstance(each, tuple) else each
            found = self.process_text(text, language)
            yield (text, found, each[1]) if isinstance(each, tuple) else (text, found)

    def is_stopword(self, _word, _language):
        return False

    def is_punct(self, _word, _language):
        return False

    def get_supported_entities(self):
        return []

    def get_supported_languages(self):
        return ["zh"]


def citizen_id(text):
    text = text.upper()
    total = sum(
        int(sign) * weight
        for sign, weight in zip(text[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    return "10X98765432"[total % 11] == text[17] and 1 <= int(text[10:12]) <= 12 and 1 <= int(text[12:14]) <= 31


def uscc(text):
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(signs.index(sign) * pow(3, place, 31) for place, sign in enumerate(text.upper()[:17]))
    return signs[(31 - total % 31) % 31] == text[17].upper()


def luhn(text):
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    return sum(d if n % 2 == 0 else 2 * d - 9 * (d > 4) for n, d in enumerate(digits)) % 10 == 0


SHAPES = {
    "citizen_id": (r"(?<![0-9])[1-9]\d{5}(?:18|19|20)\d{9}[0-9Xx](?![0-9A-Za-z])", citizen_id),
    "uscc": (r"^[0-9A-HJ-NPQRTUWXY]{18}$", uscc),
    "bank_card": (r"^(?:62|4|5[1-5]|3[57]|60|9)[0-9 -]{14,21}$", luhn),
    "email": (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", None),
    "mobile": (r"(?<![0-9])(?:(?:\+?86|0086)[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9])", None),
    "landline": (r"^(?:0\d{2,3}[- ]?[2-8]\d{6,7}|\(0\d{2,3}\)[2-8]\d{6,7})(?:[-转]\d{1,5})?$", None),
    "plate": (f"^{PLATE}(?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJ-NP-Z0-9]{{6}})$", None),
    "passport": (r"^(?:[EGPSD]\d{8}|E[A-HJ-NP-Z]\d{7}|[HM]\d{8}|[HM]\d{10})$", None),
    "ip": (r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$", None),
    "person": (f"^[{SURNAMES}][\\u4e00-\\u9fff]{{1,2}}$", None),
    "address": (f"^[^，。；]*{WORDS}[^，。；]*{WORDS}[^，。；]*$", None),
}


class Shape(PatternRecognizer):
    def __init__(self, kind, pattern, check):
        self.check = check
        super().__init__(kind, supported_language="zh", patterns=[Pattern(kind, pattern, 0.5)])

    def validate_result(self, pattern_text):
        return None if self.check is None else self.check(pattern_text)


shapes = [Shape(kind, *shape) for kind, shape in SHAPES.items()]
registry = RecognizerRegistry(recognizers=shapes, supported_languages=["zh"])
engine = BatchAnalyzerEngine(AnalyzerEngine(registry=registry, nlp_engine=Nothing(), supported_languages=["zh"]))
frame = pl.read_parquet(sys.argv[1])
columns = 0
for name in frame.columns:
    found = engine.analyze_iterator(frame[name].to_list(), language="zh")
    columns += sum(1 for each in found if each) * 10 >= 6 * len(found)
print(len(frame), columns)
