"""Score a pair: what do the chosen models say about two sentences?"""

import statistics

import streamlit as st

from dashboard import choice, scoring
from dashboard.choice import Choice
from dashboard.escaping import for_html, for_markdown, shortened
from dashboard.model_cache import ModelCache
from dashboard.palette import NEUTRAL
from dashboard.scoring import PairScore, Scored
from dashboard.stores import run_store
from dashboard.view_state import md, t
from dashboard.views import controls, parts
from similarity import project_paths
from similarity.metrics import THRESHOLD
from similarity.sentence_pairs import LABEL_MAX, MAX_SENTENCE_CHARACTERS

EXAMPLES = {
    "paraphrase": ("체크인은 오후 세 시부터 가능합니다.", "오후 세 시 이후에 입실하실 수 있어요."),
    "negation": ("이 카페는 주말에도 문을 엽니다.", "이 카페는 주말에는 문을 열지 않습니다."),
    "number": ("회의는 화요일 오전 10시에 시작해요.", "회의는 화요일 오후 2시에 시작해요."),
    "roles": ("형이 동생에게 자전거를 빌려주었다.", "동생이 형에게 자전거를 빌려주었다."),
    "unrelated": ("내일은 전국에 비가 내리겠습니다.", "숙소 침대가 넓고 조용해서 잘 쉬었어요."),
}
FIELDS = ("sentence1", "sentence2")


def show() -> None:
    """Pick runs and sentences, load the models and score when asked, show the scores side by side."""
    catalog = run_store.catalog()
    parts.header(t("score.title"), t("score.subtitle"))
    if not catalog.runs:
        parts.no_runs(catalog)
        return
    chosen = choice.load(catalog, fall_back=True, prefer=lambda run: not run_store.missing_checkpoint(run.run_id))
    _pick_sentences()
    choice.picker(catalog, chosen)
    parts.placeholder_banner(chosen.runs)
    ticked = _pick_runs(chosen)
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with right:
        threshold = controls.slider(
            "threshold", t("score.threshold"), 0.0, LABEL_MAX, THRESHOLD, 0.1, help=t("help.threshold"), format="%.1f"
        )
    with left:
        asked = st.button(t("score.run"), type="primary", disabled=not ticked, width="stretch", key="score")
    if asked and _sentences_are_good():
        st.session_state["scored"] = _score(ticked, chosen)
    if "scored" in st.session_state:
        _show_scores(st.session_state["scored"], chosen, threshold)
    elif chosen.runs:
        st.caption(t("score.first_time" if ticked else "score.none_ticked"))
    _show_cache()


def _pick_sentences() -> None:
    for field in FIELDS:
        # Kept under our own name, since Streamlit forgets a widget's value when the page changes.
        st.session_state[f"widget.{field}"] = st.session_state.get(field, "")
    for place, field in zip(st.columns(2), FIELDS, strict=True):
        with place:
            st.text_area(
                t(f"score.{field}"),
                key=f"widget.{field}",
                height=90,
                placeholder=t("score.placeholder"),
                on_change=_keep_sentence,
                args=(field,),
            )
    with st.container(horizontal=True, vertical_alignment="center", key="sentence-tools"):
        st.button(t("score.swap"), on_click=_swap, key="swap", help=t("help.swap"))
        st.caption(t("score.examples"), width="content")
        for name, pair in EXAMPLES.items():
            st.button(t(f"example.{name}"), on_click=_set_sentences, args=pair, key=f"example-{name}", type="tertiary")


def _keep_sentence(field: str) -> None:
    st.session_state[field] = st.session_state[f"widget.{field}"]


def _set_sentences(first: str, second: str) -> None:
    st.session_state.update(sentence1=first, sentence2=second)


def _swap() -> None:
    _set_sentences(st.session_state.get("sentence2", ""), st.session_state.get("sentence1", ""))


def _pick_runs(chosen: Choice) -> list[str]:
    ticked = []
    with st.container(horizontal=True, key="ticks"):
        for run in chosen.runs:
            reason = run_store.missing_checkpoint(run.run_id)
            label = for_markdown(shortened(chosen.labels[run.run_id], 48))
            if reason:
                st.checkbox(
                    f"{label} · {t('score.no_model')}",
                    False,
                    key=f"tick-{run.run_id}",
                    disabled=True,
                    help=for_markdown(reason),
                )
            elif st.checkbox(label, True, key=f"tick-{run.run_id}"):
                ticked.append(run.run_id)
    return ticked


def _sentences_are_good() -> bool:
    problems = {field: scoring.problem_with(st.session_state.get(field, "")) for field in FIELDS}
    for field, problem in problems.items():
        if problem:
            length = f"{len(st.session_state.get(field, '')):,}"
            limit = f"{MAX_SENTENCE_CHARACTERS:,}"
            st.error(md(f"score.{problem}", field=t(f"score.{field}"), length=length, limit=limit))
    return not any(problems.values())


def _score(ticked: list[str], chosen: Choice) -> Scored:
    pair = (st.session_state["sentence1"], st.session_state["sentence2"])
    cache, results = _cache(), []
    with st.spinner(t("score.working"), show_time=True):
        for run_id in ticked:
            stamp = run_store.checkpoint_stamp(run_id)
            results.append(scoring.score_with(cache, project_paths.runs_root(), run_id, stamp, pair))
    return Scored(pair, results)


def _show_scores(scored: Scored, chosen: Choice, threshold: float) -> None:
    if scored.pair != tuple(st.session_state.get(field, "") for field in FIELDS):
        st.caption(t("score.outdated"))
    cards = "".join(_card(result, chosen, threshold) for result in scored.results if result.run_id in chosen.labels)
    sentences = "".join(f"<p>{for_html(shortened(sentence, 200))}</p>" for sentence in scored.pair)
    st.html(f'<div class="pair">{sentences}</div>{_spread(scored, threshold)}<div class="cards">{cards}</div>')


def _spread(scored: Scored, threshold: float) -> str:
    scores = scored.scores
    if len(scores) < 2:
        return ""
    similar = sum(score >= threshold for score in scores)
    figures = (
        (t("score.spread"), f"{max(scores) - min(scores):.2f}"),
        (t("score.mean"), f"{statistics.fmean(scores):.2f}"),
        (t("score.range"), f"{min(scores):.2f} – {max(scores):.2f}"),
        (t("score.agreement"), t("score.agreement_value", similar=similar, count=len(scores))),
    )
    return (
        '<dl class="figures">'
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)
        + "</dl>"
    )


def _card(result: PairScore, chosen: Choice, threshold: float) -> str:
    look = chosen.looks.get(result.run_id)
    colour = look.colour if look else NEUTRAL
    name = for_html(chosen.labels[result.run_id])
    head = f'<header><i style="background:{colour}"></i><b title="{name}">{name}</b></header>'
    if result.error:
        return (
            f'<article class="card failed" data-testid="score-card">{head}'
            f"<strong>{t('score.failed')}</strong><p>{for_html(shortened(result.error, 600))}</p></article>"
        )
    similar = result.score >= threshold
    verdict = t("score.similar" if similar else "score.not_similar")
    bar = (
        f'<div class="bar" role="img" aria-label="{result.score:.2f} / {LABEL_MAX:g}">'
        f'<span style="width:{result.score / LABEL_MAX:.1%};background:{colour}"></span>'
        f'<u style="left:{threshold / LABEL_MAX:.1%}"></u></div>'
        f'<div class="scale"><span>0</span><span>1</span><span>2</span><span>3</span><span>4</span><span>5</span></div>'
    )
    return (
        f'<article class="card" data-testid="score-card">{head}'
        f'<div class="score"><b>{result.score:.2f}</b><small>/ {LABEL_MAX:g}</small>'
        f'<em class="{"yes" if similar else "no"}">{"✓" if similar else "✕"} {verdict}</em></div>{bar}'
        f"<footer>{t('score.milliseconds', milliseconds=f'{result.milliseconds:.1f}')}</footer></article>"
    )


@st.cache_resource(show_spinner=False)
def _cache() -> ModelCache:
    return ModelCache()


def _show_cache() -> None:
    cache = _cache()
    with st.container(horizontal=True, vertical_alignment="center", key="model-cache"):
        st.caption(
            t("cache.size", count=len(cache), megabytes=f"{cache.megabytes:,.1f}", limit=f"{cache.limit_mb:,.0f}"),
            width="content",
        )
        st.button(t("cache.clear"), type="tertiary", on_click=cache.clear, disabled=not len(cache), key="clear-cache")


if __name__ == "__main__":
    show()
