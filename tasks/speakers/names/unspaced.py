"""Full names that are written without a space: family name and given name in Han or Hangul.

Such a label is one word, so only a common family name at its start tells a name from a word. The
lists hold the most common family names of China, Japan and Korea; those that are also the first
character of everyday words count only before two more characters.
"""

import re
from functools import lru_cache

_HAN = re.compile("[\u3400-\u9fff\u3005]+")
_KANA = re.compile("[\u3041-\u309f\u30a0-\u30ff]+")
_MAX_GIVEN = 4  # characters
_HANGUL = re.compile("[\uac00-\ud7a3]+")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_CHINESE = frozenset(
    "丘乔何余侯傅冯刘劉卢叶吕吳吴呂周唐喬姚姜孔孙孟孫宋尹崔庞廖张張彭徐戴施易曹曾朱李杜杨林"
    "梁楊武殷毛汪沈潘熊王盧秦罗羅翁胡苏范萧葉董蒋蔡蔣蕭薛蘇袁許謝许谢賀賴贺赖赵趙邓邱邵邹郑"
    "郝郭鄒鄧鄭錢鍾钟钱閻闫阮陆陈陳陸韓韩顧顾馬馮马魏黃黄黎龐龔龚"
)
_CHINESE_AND_WORDS = frozenset(
    "丁万严于任倪兰关史向嚴夏季安尚常康成文方柴樊段江洪温溫牛牟甘田白石程章萬葛蘭譚谭邢金關雷高齊齐"
)
_COMPOUND = _words(
    """
    欧阳 歐陽 司马 司馬 司徒 诸葛 諸葛 上官 夏侯 皇甫 尉迟 公孙 公孫 慕容 令狐 长孙 長孫 宇文 东方
    東方 端木 百里 独孤 南宫 闻人 轩辕
    """
)
_JAPANESE = _words(
    """
    三浦 上田 上野 中山 中島 中川 中村 中田 中野 丸山 久保 久保田 五十嵐 井上 今井 伊藤
    佐々木 佐藤 佐野 内田 前田 加藤 北村 千葉 南 原 原田 古川 吉川 吉田 和田 坂本 増田 大塚
    大西 大野 太田 安田 安藤 宮崎 宮本 小山 小島 小川 小松 小林 小野 山下 山内 山口 山崎
    山本 山田 岡本 岡田 岩崎 島田 川口 川崎 工藤 市川 平田 平野 後藤 斉藤 斎藤 新井 木下
    木村 本田 杉山 杉本 村上 村田 東 松井 松尾 松本 松田 林 柴田 桜井 森 森田 横山 橋本 武田
    水野 池田 沢田 河野 浜田 清水 渡辺 渡邊 田中 田村 石井 石川 石田 福田 竹内 菅原 菊地
    菊池 藤井 藤原 藤本 藤田 西川 西村 西田 谷口 辻 近藤 遠藤 酒井 野口 野村 金子 鈴木
    長谷川 関 阿部 青木 飯田 高木 高橋 高野 齋藤 佐伯 西山 黒田 内藤 土屋 大久保 川村 松村 永井 田口
    矢野 秋山 広瀬 岩本 川上 荒木 大橋 望月 尾崎 黒木 須藤 榎本 早川 片山 本間 吉村 岡崎 宮田 馬場
    平井 小池 浅野 樋口 大石 星野 福島 西尾 服部 西野 堀内 片岡 荒井 中井 関口 松岡 小西 栗原 岩田
    中西 白石 成田 河合 岩井 大島 高田 三宅 田辺 吉岡 松浦 桑原 森本 矢島 川島 富田 篠原 小倉
    山中 八木
    """
)
_KOREAN = frozenset(
    "강고곽구권김남노류문민박배백서성손송신심안양엄오우원유윤이임장전정조주지진차채천최하한허홍황"
)
_KOREAN_COMPOUND = _words(
    """
    남궁 황보 제갈 선우 독고
    """
)
_JAPANESE_NAMES = frozenset(_JAPANESE)
# Roles and forms of address, which end a word and no name: "teacher Wang", "announcer".
_NO_GIVEN_NAMES = _words(
    """
    老师 老師 先生 女士 小姐 教授 博士 医生 醫生 主任 同学 同學 总 總 哥 姐 叔 爷 奶奶 阿姨
    老板 記者 记者 主播 人员 氏 様 さん くん ちゃん 君 社長 監督 選手 アナ 자 원 님 들 사 가
    장 객 씨 군 客 者 員 员 役 声 側 一同 たち 達
    """
)


@lru_cache(maxsize=4096)
def is_unspaced_full_name(word: str) -> bool:
    """Whether a word without a space is a family name and a given name.

    >>> is_unspaced_full_name("李娜"), is_unspaced_full_name("田中花子")
    (True, True)
    >>> is_unspaced_full_name("音乐"), is_unspaced_full_name("王老师")
    (False, False)
    """
    if word.endswith(_NO_GIVEN_NAMES):
        return False
    return _is_chinese(word) or _is_japanese(word) or _is_korean(word)


def _is_chinese(word: str) -> bool:
    if not _HAN.fullmatch(word):
        return False
    if word.startswith(_COMPOUND):
        return len(word) in (3, 4)
    if word[0] in _CHINESE:
        return len(word) in (2, 3)
    return word[0] in _CHINESE_AND_WORDS and len(word) == 3


def _is_japanese(word: str) -> bool:
    for length in (3, 2, 1):
        given = word[length:]
        if word[:length] in _JAPANESE_NAMES and 1 <= len(given) <= 4:
            return bool(
                _KANA.fullmatch(given) or (_HAN.fullmatch(given) and length + len(given) > 2)
            )
    return False


def _is_korean(word: str) -> bool:
    if not _HANGUL.fullmatch(word):
        return False
    if word.startswith(_KOREAN_COMPOUND):
        return len(word) == 4
    return word[0] in _KOREAN and len(word) == 3
