/** How a changeset becomes lines of CHANGELOG.md: as it was written. Its first line may be a sentence or a list. */
module.exports = {
  getReleaseLine: async ({ summary }) => {
    const text = summary.trim()
    return /^(- |###? )/.test(text) ? text : `- ${text.split("\n").join("\n  ")}`
  },
  getDependencyReleaseLine: async () => ""
}
