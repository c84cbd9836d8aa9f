"""What schools, hospitals and companies are called by, as patterns, and the words that their names need."""

from prefpairs.deid.recognizers.common_words import words

SCHOOL = (
    r"(?:University|Universität|Université|Universidad|Universidade|Università|Uni|College|"
    r"Polytechnic|Institute[ ]of[ ]Technology|Institute|Academy|"
    r"Conservatory|Seminary|Law[ ]School|Business[ ]School|Medical[ ]School|School[ ]of[ ]\w+|"
    r"(?:Senior[ ]|Junior[ ])?High(?:[ ]School)?|(?:Middle|Elementary|Primary|Secondary|Grammar|"
    r"Prep|Preparatory|Charter|Public|Catholic|"
    r"Christian|Boarding|Nursery|Montessori)[ ]School|Elementary|Preparatory|Comprehensive|"
    r"School[ ]District|ISD|School|Kindergarten|Preschool|Daycare)"
)
HOSPITAL = (
    r"(?:(?:General[ ]|Memorial[ ]|Children['’]?s[ ]|Regional[ ]|Community[ ]|State[ ]|"
    r"Psychiatric[ ]|Mental[ ]|Teaching[ ]|Veterans[ ])?Hospital|"
    r"(?:(?:Regional|VA|Veterans)[ ])?Medical[ ](?:Cent(?:er|re)|Group)|Infirmary|Clinic|"
    r"Behavioral[ ]Health|Behavioural[ ]Health|Health[ ](?:System|Cent(?:er|re)|Services|"
    r"Partners|Trust)|"
    r"Healthcare|Health|NHS[ ](?:Foundation[ ])?Trust|Treatment[ ]Cent(?:er|re)|"
    r"Recovery(?:[ ]Cent(?:er|re))?|Rehab(?:ilitation)?(?:[ ]Cent(?:er|re))?|Hospice|Surgery|"
    r"Psychiatric[ ](?:Cent(?:er|re)|Institute)|Counsell?ing(?:[ ](?:Cent(?:er|re)|Services))?|"
    r"Psychiatry|Wellness[ ]Cent(?:er|re)|Medical[ ]Practice|Nursing[ ]Home|Pharmacy|"
    r"Psychological[ ](?:Services|Associates))"
)
KIND_AFTER_NAME = (
    r"(?:university|college|uni|high(?:[ ]school)?|elementary(?:[ ]school)?|"
    r"primary(?:[ ]school)?|middle[ ]school|academy|prep|tech|"
    r"secondary(?:[ ]school)?|sixth[ ]form(?:[ ]college)?|christian[ ]school|catholic[ ]school|"
    r"hospital|memorial(?:[ ]hospital)?|medical[ ]cent(?:er|re)|clinic|"
    r"psychiatry|counsell?ing(?:[ ]cent(?:er|re))?|behaviou?ral[ ]health|(?:recovery|treatment|"
    r"health)[ ]cent(?:er|re)|family[ ]practice|"
    r"law[ ]group|group|brothers|centre)"
)
COMPANY = (
    r"(?:Inc|LLC|Ltd|Limited|Corp|Corporation|GmbH|PLC|plc|LLP|Co|Group|Holdings|Bank|"
    r"Credit[ ]Union|Airlines|Industries|Pharmaceuticals|Solutions|Technologies|Logistics|"
    r"Insurance)"
)

SCHOOL_WORDS = words(
    """
    university universitat universite universidad universidade universita uni college polytechnic institute
    technology academy conservatory seminary school high elementary preparatory comprehensive district isd
    kindergarten preschool daycare
    """
)
HOSPITAL_WORDS = words(
    """
    hospital center centre group infirmary clinic health healthcare trust recovery rehab rehabilitation
    hospice surgery institute counseling counselling services psychiatry practice home pharmacy associates
    system partners
    """
)
