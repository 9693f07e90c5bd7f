"""Organs and sides of a text, with their places.

In: folded text. Out: ``Organ`` and ``Side`` rows. An organ is named by its family, so that renal pelvis and kidney agree.
Source: the seven systems of EchoVLM; terms of the report style guides of the systems' societies.
"""

import re
from typing import NamedTuple

_B, _E = r"(?<![a-z])", r"(?![a-z])"
#: Family -> its words, English and Chinese. A later row wins nothing: the longest word at a place wins.
_ORGANS: dict[str, tuple[str, str]] = {
    "liver": (
        r"livers?|hepatic|intrahepatic|hepat(?:o(?:megaly|petal|fugal|pathy|lithiasis))|hepatocellular|cirrho\w+|fatty liver|(?:hepatic )?steatosis|caudate|transhepatic",
        r"(?<!入)(?<!向)(?<!离)肝(?!素)(?:脏|内|右叶|左叶|实质|包膜|表面|硬化|区|静脉|动脉)?|尾状叶|脂肪肝",
    ),
    "portal vein": (r"(?:main )?portal (?:vein|venous|hypertension|flow|trunk)", r"门静脉|门脉"),
    "gallbladder": (r"gall ?bladder|gallstones?|(?:peri)?cholecyst\w+|cholelithiasis|murphy", r"胆囊|胆石"),
    "bile duct": (r"(?:common |intrahepatic |extrahepatic )?bile ducts?|biliary|cbd|choledoch\w+|pneumobilia|ductal dilatation", r"胆(?:总)?管|肝内外?胆管|肝外胆管|胆道|胆系"),
    "spleen": (r"spleen|splenic|spleno\w+", r"脾(?:脏|大|肿大|门|静脉)?"),
    "pancreas": (r"pancreas|pancreatic|pancreatitis", r"胰(?:腺|头|体|尾|管)?"),
    "kidney": (
        r"kidneys?|renal|(?:peri|intra|para|infra|supra)renal|nephr\w+|hydronephrosis|pyel\w+|pelvicalyceal|calyx|calyces|calyceal|collecting systems?|corticomedullary|horseshoe kidney|interlobar arter\w+",
        r"肾(?!上腺)(?:脏|盂|盏|实质|皮质|上极|下极|中部|窦|动脉|静脉|周)?|集合系统|皮髓质|叶间动脉",
    ),
    "adrenal": (r"adrenals?|suprarenal gland", r"肾上腺"),
    "ureter": (r"ureters?|ureteropelvic|upj|ureteral|ureteric|hydroureter|vesicoureteral", r"输尿管"),
    "bladder": (r"(?<!gall )(?:urinary )?bladder|vesical|bladder wall|post-?void residual", r"膀胱|残余尿"),
    "prostate": (r"prostat\w+|seminal vesicles?", r"前列腺|精囊"),
    "testis": (r"test(?:is|es|icles?|icular)|scrot\w+|epididym\w+|varicocele|hydrocele", r"睾丸|附睾|阴囊|精索"),
    "uterus": (
        r"uter(?:us|ine)|intrauterine|myometri\w+|endometri(?:um|al)|fundus of the uterus|uterine cavity|adenomyosis|(?:uterine )?fibroids?|leiomyomas?|lower segment|cesarean scar|caesarean scar",
        r"子宫(?!内膜异位|颈)|宫腔|宫体|宫底|宫壁|肌层|内膜(?!样?异位)(?!中膜)(?!剥)|肌壁|腺肌",
    ),
    "cervix": (r"cervix|(?:uterine )?cervical (?:canal|length|os|carcinoma|cancer|polyp|stroma)|nabothian|endocervi\w+", r"宫颈|子宫颈|纳氏"),
    "ovary": (r"ovar(?:y|ies|ian)|follic(?:le|les|ular cysts?)|corpus luteum|endometriomas?|adnex\w+|tubo-ovarian", r"卵巢|卵泡|黄体|附件区?|巧克力囊肿|巧囊|附件"),
    "tube": (r"fallopian|hydrosalpinx|tubal", r"输卵管"),
    "vagina": (r"vagina(?!l scan| ultra|l ultra|l sono)", r"阴道(?!超声|彩超|探头|检查|流血|出血)"),
    "breast": (r"breasts?|mammary|nipples?|areol\w+|retroareolar|fibroglandular|intraductal", r"乳(?:腺|房|晕|管)|(?<=距)乳头|乳头(?=凹|内陷|溢|旁|后方)|(?<=[左右双侧])乳(?!头状|酸|糜)|腺体层|副乳"),
    "axilla": (r"axill\w+|armpits?", r"腋(?:窝|下)?"),
    "thyroid": (r"thyroid(?!ectomy)|intrathyroid\w*|thyroiditis|goit(?:re|er)", r"甲状腺(?!球蛋白|激素|外)|甲状软骨"),
    "isthmus": (r"isthmus", r"峡部"),
    "parathyroid": (r"parathyroids?", r"甲状旁腺"),
    "lymph node": (r"lymph ?nodes?|lymphadenopathy|nodes?|lymphatic|nodal", r"淋巴结"),
    "salivary": (r"parotids?|submandibular|salivary", r"腮腺|颌下腺|涎腺|唾液腺"),
    "common carotid": (r"common carotid(?: arter(?:y|ies))?|cca", r"颈总动脉"),
    "internal carotid": (r"internal carotid(?: arter(?:y|ies))?|ica", r"颈内动脉"),
    "external carotid": (r"external carotid(?: arter(?:y|ies))?|eca", r"颈外动脉"),
    "carotid": (r"carotids?|carotid (?:bulb|bifurcation|arter(?:y|ies))", r"颈动脉|颈总动脉分叉|颈动脉窦"),
    "vertebral": (r"vertebral(?: arter(?:y|ies))?", r"椎动脉"),
    "subclavian": (r"subclavian", r"锁骨下动脉|锁骨下静脉"),
    "femoral vein": (r"(?:common |superficial |deep )?femoral veins?|femoropopliteal", r"股(?:总|浅|深)?静脉"),
    "femoral artery": (r"(?:common |superficial |deep )?femoral arter(?:y|ies)", r"股(?:总|浅|深)?动脉"),
    "popliteal": (r"popliteal(?: (?:vein|artery|fossa|cyst))?", r"腘(?:静脉|动脉|窝)?"),
    "great saphenous": (r"great(?:er)? saphenous(?: veins?)?|gsv|long saphenous", r"大隐静脉|隐股"),
    "small saphenous": (r"(?:small|lesser|short) saphenous(?: veins?)?|ssv", r"小隐静脉"),
    "tibial": (r"(?:posterior |anterior )?tibial (?:vein|arter)\w*|calf veins?|peroneal|dorsalis pedis", r"胫(?:前|后)?(?:动脉|静脉)|腓(?:静脉|动脉)|足背动脉|肌间静脉"),
    "deep vein": (r"deep veins?|deep (?:venous|vein) thrombosis|dvt", r"深静脉"),
    "aorta": (r"aort(?:a|ic)(?! (?:valve|stenosis|regurgitation|insufficiency|leaflet|sclerosis|cusp|jet))|abdominal aorta|ascending aorta", r"主动脉(?!瓣)|腹主动脉|升主动脉"),
    "vena cava": (r"vena cava|ivc", r"腔静脉"),
    "aortic valve": (r"aortic (?:valve|stenosis|regurgitation|insufficiency|leaflets?|sclerosis|cusps?|valvular)", r"主动脉瓣"),
    "mitral valve": (r"mitral(?: valve)?", r"二尖瓣"),
    "tricuspid valve": (r"tricuspid(?: valve)?", r"三尖瓣"),
    "pulmonary valve": (r"pulmon(?:ary|ic) (?:valve|stenosis|regurgitation)", r"肺动脉瓣"),
    "pulmonary artery": (r"pulmonary (?:arter\w+|trunk|hypertension|pressure)", r"肺动脉(?!瓣)"),
    "atrium": (r"atri(?:um|a|al)(?! fibrillation| flutter| septal| septum)|la (?:diameter|volume|size)", r"[左右双]?(?:心)?房(?!颤|间隔|室|扑|水平)|心房"),
    "ventricle": (r"ventric(?:le|les|ular)(?! septal| septum)|lv(?:ef|idd|edd|pwd?)?|rv(?:sp)?|ejection fraction", r"[左右双](?:心)?室(?!间隔|壁瘤)|心室"),
    "septum": (r"(?:inter)?ventricular sept\w+|(?:inter)?atrial sept\w+|ivsd?|septal (?:defect|hypertrophy)", r"室间隔|房间隔"),
    "pericardium": (r"pericard\w+", r"心包"),
    "pleura": (r"pleura\w*", r"胸腔|胸膜|胸水"),
    "abdominal cavity": (r"ascites|perihepatic|peritone\w+|abdominal cavity|morison", r"腹腔|腹水|腹膜"),
    "pelvis cavity": (r"(?:in|of) the pelvis|pelvic (?:cavity|fluid|free)|douglas|cul-de-sac|rectouterine", r"盆腔|直肠子宫陷凹|道格拉斯|子宫直肠"),
    "appendix": (r"appendi(?:x|ceal|citis)", r"阑尾"),
    "bowel": (r"bowels?|intestin\w+|colon|intussusception|rectum", r"肠(?:管|道|壁|套叠)?"),
    "stomach": (r"stomach|gastric", r"胃"),
    "lung": (r"lungs?|pulmonary parenchyma|b-lines", r"肺(?!动脉|静脉)"),
    "heart": (r"heart(?!beat| rate)|cardiac(?! risk)", r"心脏|心功能"),
    "brain": (r"brain|cerebr\w+|intracranial|fetal head", r"脑|颅"),
    "fetus": (r"fet(?:us|al)|foet(?:us|al)|embryo\w*|crl|biparietal|femur length", r"胎儿|胎心|胎芽|双顶径|胎头|胎位"),
    "placenta": (r"placent\w+", r"胎盘"),
    "amnion": (r"amniotic|hydramnios|oligohydramnios|polyhydramnios|afi", r"羊水"),
    "umbilical cord": (r"umbilical cord|umbilical artery|nuchal cord", r"脐带|脐动脉"),
    "shoulder": (r"shoulders?|supraspinatus|infraspinatus|subscapularis|rotator cuff|subacromial|biceps|acromioclavicular", r"肩|冈[上下]肌|肩袖|肱二头肌|肩胛下肌"),
    "knee": (r"knees?|patell\w+|suprapatellar", r"膝|髌"),
    "skin": (r"skin|subcutaneous", r"皮肤|皮下"),
    "muscle": (r"muscles?|intramuscular", r"肌肉|肌内"),
    "achilles tendon": (r"achilles", r"跟腱"),
}  # fmt: skip
_ORGAN = re.compile(
    "|".join(f"(?P<o{n}>{_B}(?:{en}){_E}|{zh})" for n, (en, zh) in enumerate(_ORGANS.values())), re.IGNORECASE
)
_FAMILIES = tuple(_ORGANS)
#: Families of which one may stand for the other.
_KIN: tuple[frozenset[str], ...] = tuple(
    map(
        frozenset,
        (
            {"carotid", "common carotid"}, {"carotid", "internal carotid"}, {"carotid", "external carotid"},
            {"deep vein", "femoral vein"}, {"deep vein", "popliteal"}, {"deep vein", "tibial"},
            {"heart", "ventricle"}, {"heart", "atrium"}, {"heart", "aortic valve"}, {"heart", "mitral valve"},
            {"heart", "tricuspid valve"}, {"heart", "pericardium"}, {"heart", "septum"}, {"ventricle", "septum"},
            {"ovary", "tube"}, {"uterus", "cervix"}, {"lymph node", "axilla"}, {"abdominal cavity", "pelvis cavity"},
            {"liver", "portal vein"}, {"liver", "bile duct"}, {"kidney", "ureter"}, {"gallbladder", "bile duct"},
            {"pelvis cavity", "uterus"}, {"pelvis cavity", "ovary"}, {"fetus", "uterus"}, {"skin", "breast"},
            {"liver", "abdominal cavity"}, {"pulmonary artery", "pulmonary valve"},
            {"pulmonary artery", "heart"}, {"fetus", "placenta"}, {"fetus", "amnion"}, {"fetus", "umbilical cord"},
            {"aorta", "heart"}, {"isthmus", "thyroid"},
            {"tube", "pelvis cavity"},
            {"vena cava", "heart"}, {"mitral valve", "ventricle"}, {"heart", "pulmonary valve"},
        ),
    )
)  # fmt: skip
_SIDE = re.compile(
    r"(?P<both>(?<![a-z])(?:bilateral(?:ly)?|both(?! (?:are|of (?:which|these)|dimensions|measurements|findings|features|the (?:cyst|stone)))|each side|either (?:side|breast|lobe|kidney|ovary|leg|axilla))(?![a-z])"
    r"|双(?!平面|房|胎|顶|腔|层|期|边|环|重|向|轨|相)|两(?=侧|肾|叶|乳|卵巢|下肢|上肢|肺|房)|(?<![a-z])左(?:侧)?[、及和右]{1,2}右?(?=侧|肾|叶|乳))"
    r"|(?P<left>(?<![a-z])left(?![a-z])(?! (?:untreated|alone|in place|lateral decub|unchanged))|左(?!右|侧卧|向右|前斜))"
    r"|(?P<right>(?<![a-z])right(?![a-z])(?! (?:away|now|after|angle|lateral decub)|-sided heart|-to-left)|(?<!左)右(?!侧卧|向左))",
    re.IGNORECASE,
)
#: Segments of the liver that tell a side (Couinaud).
_SEGMENT = re.compile(
    r"(?<![a-z])(?:segments?\s*|s)(?P<en>[2-8]|viii|vii|vi|v|iv|iii|ii)(?![a-z\d.])|(?<![a-z])s(?P<zh>[2-8])段?", re.I
)
_RIGHT_SEGMENTS = {"5", "6", "7", "8", "v", "vi", "vii", "viii"}


class Organ(NamedTuple):
    """An organ by its family."""

    family: str
    start: int
    end: int


class Side(NamedTuple):
    """``left``, ``right`` or ``both``."""

    side: str
    start: int
    end: int
    is_implied: bool = False


def organs(text: str) -> list[Organ]:
    """Read organs."""
    return [Organ(_FAMILIES[int(str(m.lastgroup)[1:])], *m.span()) for m in _ORGAN.finditer(text)]


def sides(text: str) -> list[Side]:
    """Read sides; 左右 (about) and positions of the body are none. Segments of the liver imply one."""
    found = [Side(str(m.lastgroup), *m.span()) for m in _SIDE.finditer(text)]
    for match in _SEGMENT.finditer(text):
        written = (match["en"] or match["zh"]).lower()
        found.append(Side("right" if written in _RIGHT_SEGMENTS else "left", *match.span(), is_implied=True))
    return sorted(found, key=lambda one: one.start)


#: Organs that explanations name although the examination is not about them.
LAY = frozenset({"skin", "muscle", "brain", "bowel", "stomach", "lung", "heart"})


def akin(first: str, second: str) -> bool:
    """Tell whether one organ may stand for the other."""
    return first == second or any({first, second} <= pair for pair in _KIN)
