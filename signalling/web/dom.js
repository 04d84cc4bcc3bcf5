/**
 * Screens as functions: `h` describes elements, `patch` makes the document so.
 *
 * Elements that stay keep their focus, their typed text and their playing. No innerHTML anywhere
 * (the page's policy demands trusted types).
 */

/** @typedef {{tag: string, props: Props, children: Child[], key: string|null}} VNode */
/** @typedef {VNode|Node|string|null|false|undefined} Child */
/** @typedef {Record<string, unknown>} Props */

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "use"]);
/** Set as properties, so that `false` is false. */
const FLAGS = new Set(["hidden", "disabled", "checked", "autofocus", "inert", "required"]);

/** @type {WeakMap<Node, {key: string|null, props: Props}>} */
const known = new WeakMap();

/**
 * Describe an element. `key` in props names it among its siblings.
 *
 * @param {string} tag
 * @param {Props|null} [props]
 * @param {...(Child|Child[])} children
 * @returns {VNode}
 */
export function h(tag, props, ...children) {
  const { key = null, ...rest } = props ?? {};
  return { tag, props: rest, children: children.flat(), key: /** @type {string|null} */ (key) };
}

/**
 * One symbol of icons.svg, decoration only: words stand beside it.
 *
 * @param {string} name
 * @param {string} [className]
 */
export function icon(name, className = "") {
  const use = h("use", { href: `/icons.svg#${name}` });
  return h("svg", { class: `icon ${className}`.trim(), "aria-hidden": "true" }, use);
}

/**
 * Make `parent` have exactly these children.
 *
 * @param {Node} parent
 * @param {Child[]} children
 */
export function patch(parent, children) {
  const wanted = children.filter(isShown);
  const old = [...parent.childNodes];
  let at = parent.firstChild;
  for (const child of wanted) {
    const node = reuse(old, child) ?? create(child);
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
    if (typeof child === "string") {
      if (node.nodeValue !== child) node.nodeValue = child;
    } else if (!(child instanceof Node)) {
      apply(/** @type {Element} */ (node), child);
    }
  }
  for (const node of old) parent.removeChild(node);
}

/**
 * @param {Child} child
 * @returns {child is VNode|Node|string}
 */
function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

/**
 * Take the node that stands for `child` out of `old`; null when there is none.
 *
 * @param {ChildNode[]} old
 * @param {VNode|Node|string} child
 */
function reuse(old, child) {
  const index = old.findIndex((node) => {
    if (child instanceof Node) return node === child;
    if (typeof child === "string") return node.nodeType === Node.TEXT_NODE;
    const was = known.get(node);
    return was?.key === child.key && node.nodeName.toLowerCase() === child.tag;
  });
  return index < 0 ? null : /** @type {ChildNode} */ (old.splice(index, 1)[0]);
}

/** @param {VNode|Node|string} child */
function create(child) {
  if (child instanceof Node) return child;
  if (typeof child === "string") return document.createTextNode(child);
  const element = SVG_TAGS.has(child.tag)
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
  known.set(element, { key: child.key, props: {} });
  return element;
}

/**
 * @param {Element} element
 * @param {VNode} node
 */
function apply(element, node) {
  const was = known.get(element)?.props ?? {};
  for (const name of Object.keys(was)) if (!(name in node.props)) set(element, name, null);
  for (const [name, value] of Object.entries(node.props)) {
    if (was[name] !== value) set(element, name, value);
  }
  known.set(element, { key: node.key, props: node.props });
  patch(element, node.children);
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
function set(element, name, value) {
  if (name.startsWith("on") || FLAGS.has(name)) {
    Reflect.set(element, name, value ?? (name.startsWith("on") ? null : false));
  } else if (name.startsWith("--")) {
    /** @type {HTMLElement} */ (element).style.setProperty(name, String(value ?? ""));
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, String(value));
  }
}
