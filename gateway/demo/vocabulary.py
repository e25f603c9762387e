"""The words that the demo's people, companies and streets are made of."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType


def _words(text: str) -> Sequence[str]:
    return text.split()


ENGLISH_GIVEN: Sequence[str] = _words(
    "Alice Amelia Ava Charlotte Chloe Daisy Eleanor Ella Emily Evie Florence Freya Grace Hannah "
    "Harriet Holly Imogen Isla Jessica Lily Lucy Martha Matilda Olivia Phoebe Rose Ruby Sophie "
    "Adam Albert Alfie Arthur Ben Charlie Daniel Edward Ethan Finley Freddie George Harry Henry "
    "Isaac Jack Jacob James Joseph Leo Liam Logan Lucas Max Noah Oliver Oscar Samuel Theo William"
)
ENGLISH_FAMILY: Sequence[str] = _words(
    "Adams Allen Bailey Baker Barnes Bennett Brooks Brown Carter Chapman Clark Collins Cook Cooper "
    "Cox Davies Edwards Ellis Evans Fisher Foster Gray Green Hall Harris Hill Hughes Hunt Jackson "
    "Johnson Kelly King Knight Lewis Marshall Mason Mills Moore Morgan Murphy Palmer Parker Price "
    "Reid Richards Roberts Rogers Russell Scott Shaw Simpson Stevens Taylor Turner Walker Ward"
)
GERMAN_GIVEN: Sequence[str] = _words(
    "Anja Anna Antonia Barbara Birgit Carla Clara Elena Emma Franziska Greta Hanna Heike Helga Ida "
    "Jana Johanna Julia Karin Katharina Lea Lena Lina Luisa Marie Mia Nele Paula Petra Sabine "
    "Susanne Ulrike Andreas Anton Ben Bernd Christian Dieter Elias Emil Felix Florian Frank Fritz "
    "Hans Jan Jonas Jürgen Karl Klaus Lukas Markus Matthias Moritz Niklas Paul Stefan Uwe Wolfgang"
)
GERMAN_FAMILY: Sequence[str] = _words(
    "Albrecht Arnold Bauer Becker Berger Böhm Braun Busch Dietrich Fischer Fuchs Graf Groß Günther "
    "Haas Hahn Hartmann Heinrich Hoffmann Huber Jäger Jung Kaiser Keller Klein Koch König Krämer "
    "Krause Krüger Kuhn Lang Lehmann Lorenz Maier Meyer Möller Müller Neumann Otto Peters Pohl "
    "Richter Roth Sauer Schäfer Schmidt Schneider Scholz Schulz Seidel Simon Vogel Wagner Weiß Wolf"
)

CHINESE_FAMILY: Mapping[str, str] = MappingProxyType(
    dict(
        zip(
            "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余",
            _words(
                "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Gao Lin "
                "Luo Zheng Liang Xie Song Tang Xu Han Feng Deng Cao Peng Zeng Xiao Tian Dong Yuan "
                "Pan Jiang Cai Yu"
            ),
            strict=True,
        )
    )
)
"""Family names with their spelling in Latin letters."""

CHINESE_GIVEN: Mapping[str, str] = MappingProxyType(
    dict(
        zip(
            _words(
                "伟 芳 娜 敏 静 磊 洋 艳 勇 军 杰 娟 涛 超 明 霞 刚 玲 琳 欣怡 梓涵 子轩 浩然 雨桐 "
                "思远 佳琪 晓明 文博 若曦 嘉豪 诗涵 俊杰 雅婷 志强 丽华 建国 海燕 春梅 天宇 一诺"
            ),
            _words(
                "Wei Fang Na Min Jing Lei Yang Yan Yong Jun Jie Juan Tao Chao Ming Xia Gang Ling "
                "Lin Xinyi Zihan Zixuan Haoran Yutong Siyuan Jiaqi Xiaoming Wenbo Ruoxi Jiahao "
                "Shihan Junjie Yating Zhiqiang Lihua Jianguo Haiyan Chunmei Tianyu Yinuo"
            ),
            strict=True,
        )
    )
)
"""Given names with their spelling in Latin letters."""

CITIES: Mapping[str, Sequence[tuple[str, str, str]]] = MappingProxyType(
    {
        "DE": (
            ("Berlin", "10115", "Berlin"),
            ("Hamburg", "20095", "Hamburg"),
            ("München", "80331", "Bayern"),
            ("Köln", "50667", "Nordrhein-Westfalen"),
            ("Leipzig", "04109", "Sachsen"),
            ("Freiburg", "79098", "Baden-Württemberg"),
        ),
        "CN": (
            ("上海", "200040", "上海"),
            ("杭州", "310000", "浙江"),
            ("成都", "610000", "四川"),
            ("北京", "100010", "北京"),
            ("深圳", "518000", "广东"),
        ),
        "GB": (
            ("London", "N1 9GU", "Greater London"),
            ("Leeds", "LS1 4AP", "West Yorkshire"),
            ("Sheffield", "S1 2HE", "South Yorkshire"),
        ),
    }
)
"""Cities by country, with a postal code and the region."""

STREETS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "DE": ("Lindenallee", "Am Markt", "Bergstraße", "Gartenweg", "Hafenstraße", "Waldweg"),
        "CN": ("人民路", "中山路", "解放路", "西湖大道", "建设路", "长宁路"),
        "GB": ("Mill Lane", "Station Road", "Church Street", "Park View", "Orchard Close"),
    }
)

COMPANY_WORDS: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        "DE": (
            ("Alpenhof", "alpenhof"),
            ("Waldkante", "waldkante"),
            ("Nordsee Kajak", "nordsee-kajak"),
            ("Bergzeit Schule", "bergzeit-schule"),
            ("Elbufer", "elbufer"),
            ("Hüttenwerk", "huettenwerk"),
            ("Seeblick", "seeblick"),
            ("Steinbock", "steinbock"),
        ),
        "CN": (
            ("云岭", "yunling"),
            ("青山", "qingshan"),
            ("远足", "yuanzu"),
            ("星野", "xingye"),
            ("江南", "jiangnan"),
            ("长风", "changfeng"),
            ("松果", "songguo"),
            ("白鹿", "bailu"),
        ),
        "GB": (
            ("Fell & Tarn", "fell-tarn"),
            ("Moorland", "moorland"),
            ("Peak Trail", "peak-trail"),
            ("Harbour Light", "harbour-light"),
        ),
    }
)
"""First words of company names by country, with their spelling in mail domains."""

COMPANY_ENDS: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        "DE": (("Reisen GmbH", "reisen"), ("Hotel GmbH & Co. KG", "hotel"), ("Sport AG", "sport")),
        "CN": (
            ("户外用品有限公司", "outdoor"),
            ("旅行社有限公司", "travel"),
            ("酒店管理有限公司", "hotels"),
        ),
        "GB": (("Lodges Ltd", "lodges"), ("Adventures Ltd", "adventures"), ("School", "school")),
    }
)

OWNERS: Sequence[str] = ("Mei Chen", "Jonas Weber", "Sofia Rossi", "Li Na", "Katrin Vogt")
"""Who looks after customers in the CRM."""

AGENTS: Sequence[str] = ("Tom Becker", "Yan Zhao", "Aylin Kaya", "Hao Sun", "Emma Schulz")
"""Who answers in the help desk."""
