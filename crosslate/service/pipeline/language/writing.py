"""In which of its scripts a text of one language is written: Serbian in two, Chinese in two forms of one."""

from __future__ import annotations

from collections.abc import Sequence

import langcodes
import regex

from crosslate.service.pipeline.language.languages import standard_tag

_SIMPLIFIED = frozenset(
    "国学会来时为说对开过还没样现间发动无长问题经实产电业体关点机进种东车书见马门风飞鸟鱼龙话语请谢谁课认"
    "识让记设论证评词译该误调谈贝买卖费资质贵负财赛钱铁银错难双变欢观觉头义习乡写军农决减几击则刚创别剧劳"
    "势华协单历压县参叶听启员围图圆场坏块处备够奖妇孙宁宝审宽寻导将层岁岛师带帮广庆库应张弹强录总恶惊战戏"
    "户执报担择换据数断显条极构标树桥楼欧气汉汤济浅测湾满灭灯灵爱状独环画疗监盘确礼离积称稳穷竞笔签简类红"
    "级纪纸组细终结给统继续维绿网罗职联脑艺节药虽补装规视计订讨训许访诉试诗详读谋转轮软轻载较输边达迁运远"
    "连迟选递邻郑释钟铃链销锁阳阴际陆陈险随隐页项顺须预领频额饭饮馆驾验骗鸡麦黄龄们这个么吗妈爷从众优传伤"
    "价亿仅仓仪亚与专丝丢两严丧临举乐乌争"
)
_TRADITIONAL = frozenset(
    "國學會來時為說對開過還沒樣現間發動無長問題經實產電業體關點機進種東車書見馬門風飛鳥魚龍話語請謝誰課認"
    "識讓記設論證評詞譯該誤調談貝買賣費資質貴負財賽錢鐵銀錯難雙變歡觀覺頭義習鄉寫軍農決減幾擊則剛創別劇勞"
    "勢華協單歷壓縣參葉聽啟員圍圖圓場壞塊處備夠獎婦孫寧寶審寬尋導將層歲島師帶幫廣慶庫應張彈強錄總惡驚戰戲"
    "戶執報擔擇換據數斷顯條極構標樹橋樓歐氣漢湯濟淺測灣滿滅燈靈愛狀獨環畫療監盤確禮離積稱穩窮競筆簽簡類紅"
    "級紀紙組細終結給統繼續維綠網羅職聯腦藝節藥雖補裝規視計訂討訓許訪訴試詩詳讀謀轉輪軟輕載較輸邊達遷運遠"
    "連遲選遞鄰鄭釋鐘鈴鏈銷鎖陽陰際陸陳險隨隱頁項順須預領頻額飯飲館駕驗騙雞麥黃齡們這個麼嗎媽爺從眾優傳傷"
    "價億僅倉儀亞與專絲丟兩嚴喪臨舉樂烏爭"
)
"""Frequent characters that have another form in the other way to write Chinese, in the same order."""
_CHINESE = {"Hans": _SIMPLIFIED, "Hant": _TRADITIONAL}


def variety_of(text: str, varieties: Sequence[str]) -> str:
    """The variety in whose script most letters of a text are; the first where nothing tells.

    Args:
        text: some of it, in the language.
        varieties: codes of the language, of which models have one for each script.
    """
    if len(varieties) < 2:
        return varieties[0]
    counts = [_num_letters(text, _script(code)) for code in varieties]
    return varieties[counts.index(max(counts))]


def _script(code: str) -> str:
    return langcodes.Language.get(standard_tag(code) or code).maximize().script or "Zyyy"


def _num_letters(text: str, script: str) -> int:
    own = _CHINESE.get(script)
    if own is not None:
        return sum(character in own for character in text)
    try:
        return len(regex.findall(rf"\p{{Script={script}}}", text, concurrent=False))
    except regex.error:  # such as Jpan, which is several
        return 0
