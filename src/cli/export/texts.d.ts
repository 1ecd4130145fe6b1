/** What the page holds as it is, style and script, is bundled as text. */
declare module "*.css" {
  const text: string
  export default text
}
declare module "*.page.js" {
  const text: string
  export default text
}
