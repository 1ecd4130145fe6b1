/**
 * The scripts that let shells complete: they hand the words to `cc-dm __complete`, and take lines of a value, a tab, and what it is. What
 * comes back is never evaluated.
 */

/** The hidden command that the scripts call: the shell's name follows, then the words behind `cc-dm`. */
export const completing = "__complete"

export const shells = ["bash", "zsh", "fish"] as const

const bash = `# cc-dm completions bash
_cc_dm() {
  local value about
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    COMPREPLY+=("$value")
  done < <(cc-dm ${completing} bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _cc_dm cc-dm
`

const zsh = `#compdef cc-dm
# cc-dm completions zsh
_cc_dm() {
  local value about
  local -a found
  while IFS=$'\\t' read -r value about; do
    found+=("\${value//:/\\\\:}\${about:+:$about}")
  done < <(cc-dm ${completing} zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe -V cc-dm found
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _cc[-_]dm ]]; then
  _cc_dm "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _cc_dm cc-dm
fi
`

const fish = `# cc-dm completions fish
function __cc_dm_complete
    set -l words (commandline -opc) (commandline -ct)
    cc-dm ${completing} fish $words[2..-1] 2>/dev/null
end
complete -c cc-dm -f -a '(__cc_dm_complete)'
`

export const scripts: Readonly<Record<(typeof shells)[number], string>> = { bash, zsh, fish }
