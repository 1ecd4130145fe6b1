// Runs in the page that `cc-dm export --format html` makes: it chooses messages, and moves between them. The page holds them all as
// plain HTML, and is whole without this.
{
  const one = (selector) => document.querySelector(selector)
  const all = (selector) => [...document.querySelectorAll(selector)]
  const rows = all("article").map((element) => ({
    element,
    text: element.querySelector(".card").textContent.toLowerCase(),
    thread: element.dataset.thread,
    state: element.dataset.state
  }))
  const days = all(".day")
  const search = one("#search")
  const states = all("input[name=state]")
  const buttons = all("button[data-thread]")
  const none = one(".none")
  let thread = ""

  const isChosen = ({ state, text, thread: own }, wanted, kept) =>
    (thread === "" || own === thread) && kept.has(state) && text.includes(wanted)

  const mark = (wanted, shown) => {
    if (!("highlights" in CSS)) return
    const ranges = []
    for (const { element } of wanted === "" ? [] : shown) {
      const text = element.querySelector(".words").firstChild
      const inner = text?.nodeValue.toLowerCase() ?? ""
      // Of some letters the small one is longer: what is found then stands elsewhere.
      if (text === null || inner.length !== text.nodeValue.length) continue
      for (
        let at = inner.indexOf(wanted);
        at !== -1 && ranges.length < 2000;
        at = inner.indexOf(wanted, at + 1)
      ) {
        const range = new Range()
        range.setStart(text, at)
        range.setEnd(text, at + wanted.length)
        ranges.push(range)
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges))
  }

  const choose = () => {
    const wanted = search.value.toLowerCase()
    const kept = new Set(states.filter(({ checked }) => checked).map(({ value }) => value))
    const shown = rows.filter((row) => isChosen(row, wanted, kept))
    const visible = new Set(shown)
    for (const row of rows) row.element.hidden = !visible.has(row)
    for (const day of days) {
      let next = day.nextElementSibling
      while (next?.matches("article[hidden]")) next = next.nextElementSibling
      day.hidden = !next?.matches("article")
    }
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(button.dataset.thread === thread))
    none.hidden = shown.length > 0
    one("output").value =
      shown.length === rows.length ? `${rows.length} messages` : `${shown.length} of ${rows.length} messages`
    mark(wanted, shown)
  }

  const chooseAll = () => {
    search.value = ""
    thread = ""
    for (const state of states) state.checked = true
    choose()
  }

  /** Goes to the next message that is shown, or to the one before. */
  const move = (by) => {
    const shown = rows.filter(({ element }) => !element.hidden).map(({ element }) => element)
    const at = shown.indexOf(document.activeElement)
    const next = shown[at === -1 ? (by > 0 ? 0 : shown.length - 1) : at + by]
    next?.focus()
    next?.scrollIntoView({ block: "nearest" })
  }

  const keys = { j: () => move(1), k: () => move(-1), "/": () => search.focus() }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Escape") {
      chooseAll()
      if (document.activeElement === search) search.blur()
      return
    }
    const act = keys[event.key]
    if (act === undefined || event.target.matches("input")) return
    event.preventDefault()
    act()
  })
  search.addEventListener("input", choose)
  for (const state of states) state.addEventListener("change", choose)
  for (const button of buttons)
    button.addEventListener("click", () => {
      thread = thread === button.dataset.thread ? "" : button.dataset.thread
      choose()
    })
  one("#theme").addEventListener("click", () => {
    const isDark =
      (document.documentElement.dataset.theme ??
        (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark"
    document.documentElement.dataset.theme = isDark ? "light" : "dark"
  })
  // A link leads to a message also where it is not shown now.
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1))
    if (target?.hidden) {
      chooseAll()
      target.scrollIntoView()
    }
  })

  document.documentElement.classList.add("live")
  choose()
}
