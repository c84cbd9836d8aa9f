"""Words that are written with a capital, or stand where a name could stand, and are no names.

A word is here because masking it would cost meaning more often than it would protect somebody. Words
that are common first names too (Hope, Grace, April, Will, Mark, Addison) are therefore not here.
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set: a short way to write a list."""
    return frozenset(text.split())


_FUNCTION = words(
    """
    a about above across actually after afterwards again against ago ain't all almost alone along
    already alright also although always am among an and another any anybody anymore anyone anything
    anyway anyways apparently are aren't around as at away back barely basically be because been
    before behind being below beside besides better between beyond both but by can can't cannot
    certainly cos could couldn't cuz definitely despite did didn't do does doesn't doing don't done
    down due during each either else enough especially etc even eventually ever every everybody
    everyone everything everywhere exactly except extremely fairly far few finally first for forever
    from fully further generally get gets getting given gonna got gotta had hadn't half hardly has
    hasn't have haven't having he he'd he'll he's hence her here here's hers herself him himself his
    honestly how how's however i i'd i'll i'm i've idk if im imo imho in indeed inside instead into
    is isn't it it'd it'll it's its itself ive just kinda last lately later least less let let's
    like likely literally lol lots many may maybe me mean meanwhile might mine more most mostly much
    must mustn't my myself near nearly need neither never next no nobody none nope nor not nothing
    now nowhere obviously of off often oh ok okay old on once one ones only onto or other others
    otherwise ought our ours ourselves out outside over own part perhaps please possibly pretty
    probably quite rather really recently right same second seriously she she'd she'll she's should
    shouldn't simply since so some somebody somehow someone something sometimes somewhat somewhere
    soon still such super supposed sure surely than that that's the their theirs them themselves
    then there there's therefore these they they'd they'll they're they've thing things third this
    those though through throughout thus til till to today together tomorrow tonight too totally
    toward towards truly twice two three four five six seven eight nine ten twenty thirty under
    unfortunately unless until up upon us used usually very via was wasn't way we we'd we'll we're
    we've well were weren't what what's whatever when whenever where where's wherever whether which
    while who who's whoever whole whom whose why with within without won't would wouldn't yeah yep
    yes yesterday yet you you'd you'll you're you've your yours yourself aged born btw dx'd edit fyi
    ps tbh tldr tl dr tw cw update hi hey hello
    dont cant wont isnt arent didnt doesnt wasnt werent hes shes theyre youre weve ive im id ill theyll thats
    whats whos lets heres theres wheres hows couldnt shouldnt wouldnt havent hasnt hadnt aint cuz tho
    """
)

_VERBS = words(
    """
    abandoned abused accused acts added admitted agreed agrees allowed asked asks ate attacked
    avoids banned beat became become began begged believe believes blamed blames blocked blocks
    bought break breaks broke brought bullied call called calls came care cares carried caught
    changed cheated cheats chose claims come comes constantly controls cried cries cut dated decided
    deleted demanded demands deserves diagnosed die died dies dislikes divorced drank drinks dropped
    dumped eats ended enjoyed expects explained fell felt finds finished fired forced forces forgot
    fought found freaked gave ghosted gives goes gone grabbed grew guessed handed hated hate hates
    heard help helped helps hides hit hits hurt hurts ignored ignores insisted insists invited
    joined keep keeps kept kicked killed kissed knew know knows laughed laughs leave leaves led left
    lets lied lies liked likes listened listens lived lives look looked looks lost love loved loves
    made make makes manipulated married meet meets met mentioned messaged missed misses moved moves
    named needed needs noticed offered ordered owns paid passed pays picked plans played plays
    prefers prescribed promised pulled punched pushed put puts quit raised ran raped read realised
    realized recommended refused refuses remarried reached replied responded said sat saw say says
    seemed seems seen sees sent set shared showed shows shut sits slapped sleeps slept speaks spent
    spends spoke started starts stay stayed stays stole stood stop stopped stops struggled struggles
    stuck suffered suffers suggested supports takes talk talked talks taught tell tells texted
    thinks think thought threatened threatens threw told took touched treated treats tried tries
    trusts turned understands use uses visited waited walked want wanted wants warned watched
    watches wakes went wishes woke won wore works worked worries wrote yelled yells
    """
)

_STATES = words(
    """
    able abusive addicted adopted adorable afraid agnostic alive alcoholic amazing ambivalent
    android angry annoyed anonymous anorexic antisocial anxious apathetic asexual ashamed asleep
    atheist autistic available average avoidant aware awake awesome awful awkward bad beautiful big
    bipolar bisexual bi black blessed blind blonde bored borderline brave brilliant broken bulimic
    burned burnt busy calm chronically cis clean clinically close codependent cold complete
    completely confused concerned constant crazy curious cute cured dead deaf deeply demisexual
    depressed depressive desperate devastated different difficult disabled disappointed disgusted
    disgusting dissociated dissociative dumb dying dyslexic easy embarrassed emotional emotionally
    empty engaged enraged exhausted excited evil fake fat female fine flawed free friendless
    frightened frustrated full furious gay generous glad good grateful great grieving guilty happy
    hard healed healthy heartbroken high homeless homesick hopeful hopeless horrible human hungry
    hyper hypomanic ill important inattentive independent innocent insane insecure intelligent
    introvert introverted invisible irritable jealous jobless kind lazy lesbian local lonely lucky
    mad male manic maniac medicated mental mentally mid middle miserable mute naive narcissistic
    nauseous nervous neurotic neurodivergent neurotypical new nice nonbinary normal numb obese
    obsessed obsessive obsolete open overwhelmed overweight paralyzed paranoid parent pathetic
    patient perfect pissed pleased poor poly polyamorous positive powerless pregnant privileged
    proud psychotic queer quiet ready recovered recovering relapsed relapsing relieved religious
    responsible restless retired rich sad safe scared schizoaffective schizophrenic selfish
    sensitive serious severe severely short shocked shook shy sick silly single small smart sober
    socially sorry special spiraling spiralling stable straight stressed stressful strong stupid
    sufficient suicidal surprised surviving tall terrible terrified thankful tired toxic tough trans
    trapped trash traumatized traumatised treatment triggered ugly unable uncertain uncomfortable
    underweight undiagnosed unemployed unhappy unlovable unloved unmedicated unstable unsure unwell
    upset useless vegan vegetarian virgin vulnerable weak weird white wired wise withdrawn wonderful
    worn worried worse worst worthless wrong young younger youngest elder oldest
    """
)

_PEOPLES = words(
    """
    african african-american afghan albanian algerian american arab arabic argentinian armenian
    asian australian austrian bangladeshi belgian black-american brazilian british bulgarian
    buddhist canadian caribbean catholic caucasian chilean chinese christian colombian croatian
    cuban czech danish dominican dutch egyptian english estonian ethiopian european evangelical
    filipina filipino finnish french german ghanaian greek hindu hispanic hungarian icelandic indian
    indigenous indonesian iranian iraqi irish islamic israeli italian jamaican japanese jehovah's
    jewish kenyan korean kurdish latina latino latinx latvian lebanese lgbt lgbtq lithuanian
    lutheran malaysian mexican mexican-american mormon moroccan muslim native nepali nigerian
    norwegian orthodox pagan pakistani palestinian persian peruvian polish portuguese protestant
    puerto romanian russian scottish serbian sikh slovak somali southern spanish swedish swiss
    syrian taiwanese thai turkish ukrainian venezuelan vietnamese welsh western eastern northern
    """
)

_TIMES = words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march july september
    october november december christmas thanksgiving easter halloween ramadan hanukkah covid god
    jesus lord satan earth heaven hell
    """
)

_PEOPLE_IN_GENERAL = words(
    """
    adult adults aunt auntie baby bf boss boy boyfriend boys bro brother brothers child children
    coach colleague counselor counsellor cousin coworker dad daddy daughter doc doctor doctors ex
    family father fiance fiancé fiancee folks friend friends gf girl girlfriend girls gp grandfather
    grandma grandmother grandpa guy guys husband kid kids lady man manager men mom mommy mother mr
    mrs ms mum mummy nan nana nephew niece nurse parents partner people person prof professor psych
    psychiatrist psychologist roommate sis sister sisters son sponsor student students teacher
    therapist therapists twin uncle victim widow widower wife woman women redditor op oc
    """
)

_THINGS = words(
    """
    asap thanks regards sincerely cheers
    adderall amazon ambien app appointment appointments ativan buspar celexa clinic clonazepam
    cymbalta depakote diagnosis disorder discord effexor email er facebook field google hospital
    hotline icu instagram iphone job klonopin lamictal lexapro lithium literature lyrica medication
    meds netflix note office order orders paxil phone pills pristiq prozac rehab reddit request
    requests respondent risperdal ritalin seroquel session sessions snapchat spotify spravato
    strattera suboxone telegram therapy tiktok trazodone twitter valium visit visits vyvanse
    wellbutrin whatsapp word xanax youtube zoloft zyprexa inpatient outpatient residential anxiety
    depression trauma ptsd ocd adhd bpd cptsd asd ssri ssris snri reply thread subreddit mods emdr
    cbt dbt dnr pcos ibs
    """
)

# Short words of other languages, and letters behind names, that name lists hold as well.
_OTHERS = words(
    """
    vida salud hasta tomo amor nuevo tienen tomar tema progreso universidad sola pasan
    pero una uno del las los con por para como esta este todo nada ella ellos dios durante evita mas muy que des
    der die und ist mit les est pas mais dans avec sur een het niet ph phd lcsw lmft lpc msw psyd lmhc lmsw dbh
    """
)

_HANDLE_SLOTS = words(
    """
    blank boring hacked hidden inactive locked private public shit stalker taken suspended link
    linked profile bio username name account
    """
)

COMMON_WORDS = (
    _FUNCTION | _VERBS | _STATES | _PEOPLES | _TIMES | _PEOPLE_IN_GENERAL | _THINGS | _OTHERS | _HANDLE_SLOTS
)
"""Lower case, with straight apostrophes."""

EPONYMS = words(
    """
    alzheimer asperger aspergers barkley capgras charcot cotard crohn crohns cushing ehlers
    ehlers-danlos freud freudian hashimoto hashimotos hodgkin hodgkins huntington jungian korsakoff
    lewy marfan maslow munchausen parkinson parkinsons pavlov raynaud raynauds rorschach stockholm
    tourette tourettes tourrettes wechsler wernicke lyme
    """
)
"""People who became a diagnosis, a scale or a school: `my Hodgkin's` names an illness."""
