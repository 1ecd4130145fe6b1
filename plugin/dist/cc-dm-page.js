// @bun
// Built from src/ by `bun run build`: do not edit. Licences of others: THIRD-PARTY-NOTICES.txt
var ee=(e,t)=>{switch(t.length){case 0:return e;case 1:return t[0](e);case 2:return t[1](t[0](e));case 3:return t[2](t[1](t[0](e)));case 4:return t[3](t[2](t[1](t[0](e))));case 5:return t[4](t[3](t[2](t[1](t[0](e)))));case 6:return t[5](t[4](t[3](t[2](t[1](t[0](e))))));case 7:return t[6](t[5](t[4](t[3](t[2](t[1](t[0](e)))))));case 8:return t[7](t[6](t[5](t[4](t[3](t[2](t[1](t[0](e))))))));case 9:return t[8](t[7](t[6](t[5](t[4](t[3](t[2](t[1](t[0](e)))))))));default:{let r=e;for(let n=0,o=t.length;n<o;n++)r=t[n](r);return r}}},tn={pipe(){return ee(this,arguments)}},lt=function(){function e(){}return e.prototype=tn,e}();var C=function(e,t){if(typeof e==="function")return function(){return e(arguments)?t.apply(this,arguments):(r)=>t(r,...arguments)};switch(e){case 0:case 1:throw RangeError(`Invalid arity ${e}`);case 2:return function(r,n){if(arguments.length>=2)return t(r,n);return function(o){return t(o,r)}};case 3:return function(r,n,o){if(arguments.length>=3)return t(r,n,o);return function(s){return t(s,r,n)}};default:return function(){if(arguments.length>=e)return t.apply(this,arguments);let r=arguments;return function(n){return t(n,...r)}}}};var V=(e)=>e;var rn=(e)=>()=>e,nn=rn(!0);var pt=rn(void 0),Wo=pt;function Zo(e){let t=new WeakMap;return(r)=>{let n=t.get(r);if(n!==void 0)return n;let o=e(r);return t.set(r,o),o}}function dt(e){let t=new WeakMap;return(r)=>{let n=t.get(r);if(n!==void 0)return n;let o=e(r);if(t.set(r,o),o!==r)t.set(o,o);return o}}var mt=(e)=>{let t=new Set(Reflect.ownKeys(e));if(e.constructor===Object)return t;if(e instanceof Error)t.delete("stack");let r=Object.getPrototypeOf(e),n=r;while(n!==null&&n!==Object.prototype){let o=Reflect.ownKeys(n);for(let s=0;s<o.length;s++)t.add(o[s]);n=Object.getPrototypeOf(n)}if(t.has("constructor")&&typeof e.constructor==="function"&&r===e.constructor.prototype)t.delete("constructor");return t},ht=new WeakSet,xt=(e)=>new Uint8Array(e.buffer,e.byteOffset,e.byteLength),gt=(e)=>e instanceof ArrayBuffer||typeof SharedArrayBuffer<"u"&&e instanceof SharedArrayBuffer,St=(e)=>{try{return new Uint8Array(e)}catch{return}};var tr=0,Yo=()=>{tr++};function on(e){return typeof e==="string"}function Xo(e){return typeof e==="number"}function yt(e){return typeof e==="function"}function Qo(e){return e!=null}function es(e){return!0}function rr(e){return typeof e==="object"&&e!==null||yt(e)}var _=C(2,(e,t)=>rr(e)&&(t in e));var P="~effect/Hash",I=(e)=>{switch(typeof e){case"number":return ln(e);case"bigint":return q(e.toString(10));case"string":return q(e);case"function":case"object":if(e===null)break;else if(e instanceof Date){if(Number.isNaN(e.getTime()))return q("Invalid Date");return q(e.toISOString())}else if(e instanceof RegExp)return q(e.toString());else{if(ht.has(e))return sn(e);let t=rs.get(e);if(t!==void 0)return t;if(un.has(e))return Yo(),q("[Circular]");un.add(e);let r=tr,n;try{if(P in e)n=e[P]();else if(typeof e==="function")n=sn(e);else if(gt(e)){let o=St(e);n=o===void 0?sn(e):Et(o)}else if(e instanceof DataView)n=Et(xt(e));else if(Array.isArray(e)||ArrayBuffer.isView(e))n=Et(e);else if(e instanceof Map)n=Mc(e);else if(e instanceof Set)n=$c(e);else n=Uc(e)}finally{un.delete(e)}if(r===tr)rs.set(e,n);return n}}return Ce(ns(q(String(e))))},sn=(e)=>{if(!cn.has(e))cn.set(e,Ce(Math.random()*4294967296|0));return cn.get(e)},ns=(e)=>(e^=e>>>16,e=Math.imul(e,2246822507),e^=e>>>13,e=Math.imul(e,3266489909),e^e>>>16),L=C(2,(e,t)=>ns(Math.imul(e,2654435761)+Math.imul(t,2246822507))),Ce=(e)=>e&3221225471|e>>>1&1073741824;var an=new DataView(new ArrayBuffer(8)),ln=(e)=>{let t=e|0;if(t===e)return Ce(t);return an.setFloat64(0,e!==e?NaN:e),Ce(L(an.getInt32(0),an.getInt32(4)))},q=(e)=>{let t=5381,r=e.length;while(r)t=t*33^e.charCodeAt(--r);return Ce(t)},fn=(e,t)=>{let r=12289;for(let n of t)r^=L(I(n),I(e[n]));return Ce(r)},Uc=(e)=>fn(e,mt(e)),os=(e,t)=>(r)=>{let n=e;for(let o of r)n^=t(o);return Ce(n)},Et=(e)=>{let t=6151;for(let r of e)t=L(t,I(r));return Ce(t)},Mc=os(q("Map"),([e,t])=>L(I(e),I(t))),ts=q("Set"),$c=os(ts,(e)=>L(ts,I(e))),cn=new WeakMap,rs=new WeakMap,un=new WeakSet;var D="~effect/Equal";function U(){if(arguments.length===1)return(e)=>Ue(e,arguments[0]);return Ue(arguments[0],arguments[1])}function Ue(e,t){if(e===t)return!0;if(e==null||t==null)return!1;let r=typeof e;if(r!==typeof t)return!1;if(r==="number"&&e!==e&&t!==t)return!0;if(r!=="object"&&r!=="function")return!1;if(ht.has(e)||ht.has(t))return!1;return Lc(e,t)}function Lc(e,t){let r=nr.length;for(let s=r;s-- >0;)if(nr[s]===e&&dn[s]===t)return!0;if(r)return ss(e,t);let n=as.get(e);if(!n)as.set(e,n=new WeakMap);let o=n.get(t);if(o===void 0)n.set(t,o=ss(e,t));return o}function ss(e,t){nr.push(e),dn.push(t);try{return Bc(e,t)}finally{nr.pop(),dn.pop()}}var nr=[],dn=[],as=new WeakMap;function Bc(e,t){if(I(e)!==I(t))return!1;else if(e instanceof Date){if(!(t instanceof Date))return!1;let n=e.getTime(),o=t.getTime();return n===o||Number.isNaN(n)&&Number.isNaN(o)}else if(e instanceof RegExp)return t instanceof RegExp&&e.toString()===t.toString();let r=cs(e);if(r!==cs(t)||typeof e==="function"&&!r)return!1;else if(r)return e[D](t);else if(Array.isArray(e)){if(!Array.isArray(t)||e.length!==t.length)return!1;return Kc(e,t)}else if(gt(e)){if(!gt(t)||e instanceof ArrayBuffer!==t instanceof ArrayBuffer)return!1;let n=St(e),o=St(t);return n!==void 0&&o!==void 0&&pn(n,o)}else if(ArrayBuffer.isView(e)){let n=e instanceof DataView;if(!ArrayBuffer.isView(t)||e.byteLength!==t.byteLength||n!==t instanceof DataView)return!1;if(n)return pn(xt(e),xt(t));return pn(e,t)}else if(e instanceof Map){if(!(t instanceof Map)||e.size!==t.size)return!1;return is(e,t,qc,zc)}else if(e instanceof Set){if(!(t instanceof Set)||e.size!==t.size)return!1;return is(e,t,I,Ue)}return jc(e,t)}function Kc(e,t){for(let r=0;r<e.length;r++)if(!Ue(e[r],t[r]))return!1;return!0}function pn(e,t){if(e.length!==t.length)return!1;for(let r=0;r<e.length;r++)if(e[r]!==t[r])return!1;return!0}function jc(e,t){let r=mt(e),n=mt(t);if(r.size!==n.size)return!1;for(let o of r)if(!n.has(o)||!Ue(e[o],t[o]))return!1;return!0}function is(e,t,r,n){let o=new Map,s=0;for(let a of t){let i=r(a),d=o.get(i);if(d)d.push(a);else o.set(i,[a]);s++}e:for(let a of e){let i=o.get(r(a));if(i){for(let d=0;d<i.length;d++)if(n(a,i[d])){i[d]=i[i.length-1],i.pop(),s--;continue e}}return!1}return s===0}var qc=(e)=>I(e[0]),zc=(e,t)=>Ue(e[0],t[0])&&Ue(e[1],t[1]);var cs=(e)=>_(e,D);var or=Symbol.for("~effect/Redactable"),Vc=(e)=>_(e,or);function sr(e){if(Vc(e))return mn(e);return e}function mn(e){return e[or](globalThis[Ze]?.context??Jc)}var Ze="~effect/Fiber/currentFiber",us=new Map,Jc={"~effect/Context":{},base:us,depth:0,mapUnsafe:us,pipe(){return ee(this,arguments)}};function B(e,t){let r=t?.space??0,n=new WeakSet,o=!r?"":typeof r==="number"?" ".repeat(r):r,s=(c)=>o.repeat(c),a=(c,u)=>{let m=c?.constructor;return m&&m!==Object.prototype.constructor&&m.name?`${m.name}(${u})`:u},i=(c)=>{try{return Reflect.ownKeys(c)}catch{return["[ownKeys threw]"]}};function d(c,u=0){try{return T(c,u)}catch{if(typeof c==="object"&&c!==null||typeof c==="function")n.delete(c);return"[inspection threw]"}}function T(c,u=0){if(typeof c==="string")return JSON.stringify(c);if(typeof c==="number"||c==null||typeof c==="boolean"||typeof c==="symbol")return String(c);if(typeof c==="bigint")return String(c)+"n";if(typeof c==="object"||typeof c==="function"){if(n.has(c))return Hc;n.add(c);let m;if(or in c)m=d(mn(c),u);else if(Array.isArray(c))m=!o||c.length<=1?`[${c.map((g)=>d(g,u)).join(",")}]`:`[
${s(u+1)}${c.map((g)=>d(g,u+1)).join(`,
`+s(u+1))}
${s(u)}]`;else if(c instanceof Date)m=Wc(c);else if(!t?.ignoreToString&&_(c,"toString")&&typeof c.toString==="function"&&c.toString!==Object.prototype.toString&&c.toString!==Array.prototype.toString){let g=Zc(c);m=c instanceof Error&&c.cause!==void 0?`${g} (cause: ${d(c.cause,u)})`:g}else if(Symbol.iterator in c)m=`${c.constructor.name}(${d(Array.from(c),u)})`;else{let g=i(c);if(!o||g.length<=1){let h=`{${g.map((x)=>`${ar(x)}:${d(ls(c,x),u)}`).join(",")}}`;m=a(c,h)}else{let h=`{
${g.map((x)=>`${s(u+1)}${ar(x)}: ${d(ls(c,x),u+1)}`).join(`,
`)}
${s(u)}}`;m=a(c,h)}}return n.delete(c),m}return String(c)}return d(e,0)}var Hc="[Circular]";function ar(e){return typeof e==="string"?JSON.stringify(e):String(e)}function Wc(e){try{return e.toISOString()}catch{return"Invalid Date"}}function Zc(e){try{let t=e.toString();return typeof t==="string"?t:String(t)}catch{return"[toString threw]"}}function ls(e,t){try{return e[t]}catch{return"[property access threw]"}}var Tt=Symbol.for("nodejs.util.inspect.custom"),Me=(e)=>{try{if(e=sr(e),_(e,"toJSON")&&yt(e.toJSON)&&e.toJSON.length===0)return e.toJSON();else if(Array.isArray(e))return e.map(Me);return e}catch{return"[toJSON threw]"}};var ip={toJSON(){return Me(this)},[Tt](){return this.toJSON()},toString(){return B(this.toJSON())}};var Qc=()=>{let e=Object.getOwnPropertyDescriptor(Error,"stackTraceLimit");if(e===void 0)return Object.isExtensible(Error);return Object.hasOwn(e,"writable")?e.writable===!0:e.set!==void 0},eu=Qc(),fs=()=>Error.stackTraceLimit,hn=(e)=>{if(eu)Error.stackTraceLimit=e};class $e{constructor(e){this.value=e,this.done=!1}next(e){if(this.done)return this.value=e,this;return this.done=!0,{value:this.value,done:!1}}}var tu=()=>{let t={["~effect/Utils/internal"]:(s)=>s()},r={["~effect/Utils/internal"]:(s)=>{try{return s()}finally{}}},n=fs();if(n===0)return r["~effect/Utils/internal"];hn(2);let o=t["~effect/Utils/internal"](()=>Error());return hn(n),o.stack?.includes("~effect/Utils/internal")===!0?t["~effect/Utils/internal"]:r["~effect/Utils/internal"]},xn=tu();function Ye(e,t,r){if(t==="__proto__")Object.defineProperty(e,t,{value:r,writable:!0,enumerable:!0,configurable:!0});else e[t]=r}function ps(e,t){if(!Object.hasOwn(t,"__proto__")){Object.assign(e,t);return}for(let r of Reflect.ownKeys(t))if(Object.prototype.propertyIsEnumerable.call(t,r))Ye(e,r,t[r])}var Be="~effect/Effect",Le="~effect/Exit",nu={_A:V,_E:V,_R:V},gn=`${Be}/identifier`,b=`${Be}/args`,R=`${Be}/evaluate`,N=`${Be}/successCont`,ne=`${Be}/failureCont`,Xe=`${Be}/ensureCont`,Ke=Symbol.for("effect/Effect/Yield"),je={pipe(){return ee(this,arguments)},toJSON(){return{...this}},toString(){return B(this.toJSON(),{ignoreToString:!0,space:2})},[Tt](){return this.toJSON()}},xp={[P](){return fn(this,Object.keys(this))},[D](e){let t=Object.keys(this),r=Object.keys(e);if(t.length!==r.length)return!1;for(let n=0;n<t.length;n++)if(t[n]!==r[n]||!U(this[t[n]],e[t[n]]))return!1;return!0}},ou={[Be]:nu,...je,[Symbol.iterator](){return new $e(this)},toJSON(){return{_id:"Effect",op:this[gn],...b in this?{args:this[b]}:void 0}}};var hs=(e)=>_(e,Le),cr="~effect/Cause",ir="~effect/Cause/Reason",lr=(e)=>_(e,cr);class xe{constructor(e){this[cr]=cr,this.reasons=e}pipe(){return ee(this,arguments)}toJSON(){return{_id:"Cause",reasons:this.reasons.map((e)=>e.toJSON())}}toString(){return`Cause(${B(this.reasons)})`}[Tt](){return this.toJSON()}[D](e){return lr(e)&&this.reasons.length===e.reasons.length&&this.reasons.every((t,r)=>U(t,e.reasons[r]))}[P](){return Et(this.reasons)}}var ms=new WeakMap;class wt{[ir];annotations;_tag;constructor(e,t,r){if(this[ir]=ir,this._tag=e,t!==It&&typeof r==="object"&&r!==null&&t.size>0){let n=ms.get(r);if(n)t=new Map([...n,...t]);ms.set(r,t)}this.annotations=t}annotate(e,t){if(e.mapUnsafe.size===0)return this;let r=new Map(this.annotations);if(e.mapUnsafe.forEach((o,s)=>{if(t?.overwrite!==!0&&r.has(s))return;r.set(s,o)}),t?.overwrite!==!0&&r.size===this.annotations.size)return this;let n=Object.assign(Object.create(Object.getPrototypeOf(this)),this);return n.annotations=r,n}pipe(){return ee(this,arguments)}toString(){return B(this)}[Tt](){return this.toString()}}var It=new Map;class kt extends wt{constructor(e,t=It){super("Fail",t,e);this.error=e}toString(){return`Fail(${B(this.error)})`}toJSON(){return{_tag:"Fail",error:this.error}}[D](e){return tt(e)&&U(this.error,e.error)&&U(this.annotations,e.annotations)}[P](){return L(q(this._tag))(L(I(this.error))(I(this.annotations)))}}var et=(e)=>new xe(e),su=(e,t)=>{let r=new Map,n=[];for(let o of e.concat(t)){let s=I(o),a=r.get(s);if(a===void 0)r.set(s,[o]);else if(a.some((i)=>U(i,o)))continue;else a.push(o);n.push(o)}return n},fr=C(2,(e,t)=>{if(e.reasons.length===0)return t;else if(t.reasons.length===0)return e;let r=new xe(su(e.reasons,t.reasons));return U(e,r)?e:r}),Sn=(e,t)=>{let r=e.reasons.slice();for(let n of t.reasons)if(Qe(n)&&!r.some((o)=>Qe(o)&&o.fiberId===n.fiberId&&o.annotations===n.annotations))r.push(n);return r.length===e.reasons.length?e:new xe(r)};var xs=(e)=>new xe([new kt(e)]);class Ct extends wt{constructor(e,t=It){super("Die",t,e);this.defect=e}toString(){return`Die(${B(this.defect)})`}toJSON(){return{_tag:"Die",defect:this.defect}}[D](e){return pr(e)&&U(this.defect,e.defect)&&U(this.annotations,e.annotations)}[P](){return L(q(this._tag))(L(I(this.defect))(I(this.annotations)))}}var yn=(e)=>new xe([new Ct(e)]),_t=C((e)=>lr(e[0]),(e,t,r)=>{if(t.mapUnsafe.size===0)return e;return new xe(e.reasons.map((n)=>n.annotate(t,r)))}),tt=(e)=>e._tag==="Fail",pr=(e)=>e._tag==="Die",Qe=(e)=>e._tag==="Interrupt";function au(e){return _e("Effect.evaluate: Not implemented")}var oe=(e)=>({...ou,[gn]:e.op,[R]:e[R]??au,[N]:e[N],[ne]:e[ne],[Xe]:e[Xe]}),fe=(e)=>{let t=oe(e),r=function(n){this[b]=n};return r.prototype=t,function(n){return new r(n)}},gs=(e)=>{let t={[Le]:Le,_tag:e.op,get[e.prop](){return this[b]},...oe(e),toString(){return`${e.op}(${B(this[b])})`},toJSON(){return{_id:"Exit",_tag:e.op,[e.prop]:this[b]}},[D](n){return hs(n)&&n._tag===this._tag&&U(this[b],n[b])},[P](){return L(q(e.op),I(this[b]))}},r=function(n){this[b]=n};return r.prototype=t,function(n){return new r(n)}},z=gs({op:"Success",prop:"value",[R](e){let t=e.getCont(N);return t?t[N](this[b],e,this):e.yieldWith(this)}}),bn={key:"effect/Cause/StackTrace"},Ss={key:"effect/Cause/InterruptorStackTrace"},se=gs({op:"Failure",prop:"cause",[R](e){let t=this[b],r=!1;if(e.cache.stackFrame)t=_t(t,{mapUnsafe:new Map([[bn.key,e.cache.stackFrame]])}),r=!0;let n=e.getCont(ne),o=e._interruptedCause;if(o&&e.interruptible){let s=!1;while(n&&e.interruptible)s||=gn in n,n=e.getCont(ne);if(s)t=et(t.reasons.filter((a)=>a._tag!=="Fail"));t=Sn(t,o),r=!0}return n?n[ne](t,e,r?void 0:this):e.yieldWith(r?se(t):this)}}),vt=(e)=>se(xs(e)),_e=(e)=>se(yn(e)),rt=fe({op:"WithFiber",[R](e){return this[b](e)}}),gp=fe({op:"WithFiberSucceed",[R](e){let t=this[b](e),r=e.getCont(N);return r?r[N](t,e):e.yieldWith(z(t))}}),iu=function(){class e extends globalThis.Error{}let t=oe({op:"YieldableError",[R](){return vt(this)}});return delete t.toString,Object.assign(e.prototype,t),e}(),ys=function(){let e=Symbol.for("effect/Data/Error/plainArgs");return class extends iu{constructor(r){super(r?.message,r?.cause?{cause:r.cause}:void 0);if(r)ps(this,r),Object.defineProperty(this,e,{value:r,enumerable:!1})}toJSON(){return{...this[e],...this}}}}(),Ot=(e)=>{class t extends ys{_tag=e}return t.prototype.name=e,t};var ur="~effect/Cause/Done",En=(e)=>_(e,ur),Sp={[ur]:ur,_tag:"Done",value:void 0};var bs=(e)=>oe({op:e.label,[R]:e.evaluate});var Ts="~effect/Option",ws={[Ts]:{_A:(e)=>e},...je,[Symbol.iterator](){return new $e(this)}},cu=Object.defineProperty(Object.assign(Object.create(ws),{_tag:"Some",_op:"Some",[D](e){return wn(e)&&ks(e)&&U(this.value,e.value)},[P](){return L(I(this._tag))(I(this.value))},toString(){return`some(${B(this.value)})`},toJSON(){return{_id:"Option",_tag:this._tag,value:Me(this.value)}}}),"valueOrUndefined",{get(){return this.value}}),uu=I("None"),lu=Object.assign(Object.create(ws),{_tag:"None",_op:"None",valueOrUndefined:void 0,[D](e){return wn(e)&&Is(e)},[P](){return uu},toString(){return"none()"},toJSON(){return{_id:"Option",_tag:this._tag}}}),wn=(e)=>_(e,Ts),Is=(e)=>e._tag==="None",ks=(e)=>e._tag==="Some",Cs=Object.create(lu),_s=function(e){this.value=e};_s.prototype=cu;var vs=(e)=>new _s(e);var Os="~effect/Result",As={[Os]:{_A:(e)=>e,_E:(e)=>e},...je,[Symbol.iterator](){return new $e(this)}},pu=Object.assign(Object.create(As),{_tag:"Success",_op:"Success",[D](e){return In(e)&&Fs(e)&&U(this.success,e.success)},[P](){return L(I(this._tag))(I(this.success))},toString(){return`success(${B(this.success)})`},toJSON(){return{_id:"Result",_tag:this._tag,value:Me(this.success)}}}),du=Object.assign(Object.create(As),{_tag:"Failure",_op:"Failure",[D](e){return In(e)&&kn(e)&&U(this.failure,e.failure)},[P](){return L(I(this._tag))(I(this.failure))},toString(){return`failure(${B(this.failure)})`},toJSON(){return{_id:"Result",_tag:this._tag,failure:Me(this.failure)}}}),In=(e)=>_(e,Os),kn=(e)=>e._tag==="Failure",Fs=(e)=>e._tag==="Success",Rs=function(e){this.failure=e};Rs.prototype=du;var Ps=(e)=>new Rs(e),Ds=function(e){this.success=e};Ds.prototype=pu;var Ns=(e)=>new Ds(e);var dr=()=>Cs,mr=vs;var Us="~effect/Context/Service",Ms=function(){function e(){}let t=e;Object.setPrototypeOf(t,hu);let r=(n,o)=>{if(t.key=n,o?.defaultValue)t[vn]=vn,t.defaultValue=o.defaultValue;if(o?.make)t.make=o.make;if(o?.fiberCached)$s.add(n);return t};return arguments.length>0?r(arguments[0],arguments[1]):r},hu={[Us]:Us,...bs({label:"Service",evaluate(e){return z(te(e.context,this))}}),toJSON(){return{_id:"Service",key:this.key}},of(e){return e},context(e){return Pn(this,e)},use(e){return rt((t)=>e(te(t.context,this)))},useSync(e){return rt((t)=>z(e(te(t.context,this))))}},$s=new Set,vn="~effect/Context/Reference",Ls="~effect/Context",xu=8,On=(e,t,r,n,o)=>{let s=Object.create(gu);return s.cacheRoot=e??s,s.base=t,s.overlay=r,s.depth=n,s._flat=void 0,s.baseHits=0,s.maxDepth=o,s},An=(e,t)=>{if(!t)return;An(e,t.parent),e.set(t.key,t.value)},Bs=(e)=>{if(e._flat)return e._flat;if(!e.overlay)return e._flat=e.base;let t=new Map(e.base);return An(t,e.overlay),e._flat=t};var Fn=Symbol(),Ks=(e,t)=>{let r=e;for(let o=r.overlay;o;o=o.parent)if(o.key===t)return o.value;let n=r.base.get(t);if(n===void 0&&!r.base.has(t))return Fn;if(r.overlay&&++r.baseHits>=r.base.size&&r.baseHits>=xu)r.base=Bs(r),r.overlay=void 0,r.depth=0;return n},hr=(e,t)=>{let r=t?.maxDepth;return On(void 0,e,void 0,0,Number.isInteger(r)&&r>=0?r:8)},gu={get mapUnsafe(){return Bs(this)},...je,[Ls]:{_Services:(e)=>e},toJSON(){return{_id:"Context",services:Array.from(this.mapUnsafe).map(([e,t])=>({key:e,value:t}))}},[D](e){if(!Su(e))return!1;let t=this.mapUnsafe,r=e.mapUnsafe;if(t.size!==r.size)return!1;for(let[n,o]of t)if(!r.has(n)||!U(o,r.get(n)))return!1;return!0},[P](){return ln(this.mapUnsafe.size)}},js=(e,t)=>e.cacheRoot===t.cacheRoot,Su=(e)=>_(e,Ls);var yu=(e)=>!!e[vn],Rn=()=>bu,bu=hr(new Map),Pn=(e,t)=>hr(new Map([[e.key,t]])),qs=C(3,(e,t,r)=>Eu(e,t.key,r)),Eu=(e,t,r)=>{let n=e,o=$s.has(t)?void 0:n.cacheRoot;if(n.depth>=n.maxDepth){let s=new Map(n._flat??n.base);if(!n._flat)An(s,n.overlay);return s.set(t,r),On(o,s,void 0,0,n.maxDepth)}return On(o,n.base,{key:t,value:r,parent:n.overlay},n.depth+1,n.maxDepth)};var xr=(e,t)=>{let r=Ks(e,t);return r===Fn?void 0:r},zs=C(2,(e,t)=>{let r=Ks(e,t.key);if(r===Fn){if(yu(t))return Tu(t);throw wu(t)}return r}),te=zs,_n="~effect/Context/defaultValue",Tu=(e)=>{if(_n in e)return e[_n];return e[_n]=e.defaultValue()},wu=(e)=>{let t=Error(`Service not found${e.key?`: ${String(e.key)}`:""}`);if(t.stack){let r=t.stack.split(`
`);r.splice(1,3),t.stack=r.join(`
`)}return t};var pe=Ms;var Dn=(e)=>e.length>0;var Sr=Ns,nt=Ps;var Nn=kn;var yr=C(2,(e,{onFailure:t,onSuccess:r})=>Nn(e)?t(e.failure):r(e.success));var ku=globalThis.Array;var Un=C(2,(e,t)=>[...e,t]);var Lp=ku.isArray;var Mn=Dn,Vs=Dn;var Er=()=>[];var Js=C(2,(e,t)=>e.map(t));var $n=pe("effect/Scheduler",{fiberCached:!0,defaultValue:()=>new wr}),Gs=(e)=>{let t=!1;return Promise.resolve().then(()=>{if(!t)e()}),()=>{t=!0}},Cu="setImmediate"in globalThis?(e)=>{let t=globalThis.setImmediate(e);return()=>globalThis.clearImmediate(t)}:(e)=>{let t=setTimeout(e,0);return()=>clearTimeout(t)},Hs=(e)=>{try{return Cu(e)}catch{return Gs(e)}};class Ws{buckets=[];scheduleTask(e,t){let r=this.buckets,n=r.length,o,s=0;for(;s<n;s++){if(r[s][0]>t)break;o=r[s]}if(o&&o[0]===t)o[1].push(e);else if(s===n)r.push([t,[e]]);else r.splice(s,0,[t,[e]])}drain(){let e=this.buckets;return this.buckets=[],e}}class wr{executionMode;setImmediate;constructor(e="async",t){this.executionMode=e,this.setImmediate=t??(e==="sync"?Gs:Hs)}shouldYield(e){return e.currentOpCount>=e.cache.maxOpsBeforeYield}makeDispatcher(){return new Zs(this.setImmediate)}}class Zs{tasks=new Ws;running=void 0;setImmediate;constructor(e=Hs){this.setImmediate=e}scheduleTask(e,t){if(this.tasks.scheduleTask(e,t),this.running===void 0)this.running=this.setImmediate(this.afterScheduled)}afterScheduled=()=>{this.running=void 0,this.runTasks()};runTasks(){let e=this.tasks.drain();for(let t=0;t<e.length;t++){let r=e[t][1];for(let n=0;n<r.length;n++)r[n]()}}flush(){while(this.tasks.buckets.length>0){if(this.running!==void 0)this.running(),this.running=void 0;this.runTasks()}}}var Ys=pe("effect/Scheduler/MaxOpsBeforeYield",{fiberCached:!0,defaultValue:()=>2048}),Xs=pe("effect/Scheduler/PreventSchedulerYield",{fiberCached:!0,defaultValue:()=>!1});var ea=Ot;var ra="~effect/encoding/EncodingError";class At extends ea("EncodingError"){[ra]=ra}var na="effect/Tracer/ParentSpan";var oa="effect/Tracer";var aa="effect/Metric/FiberRuntimeMetrics";var ia=pe("effect/References/CurrentStackFrame",{fiberCached:!0,defaultValue:pt}),ca=pe("effect/References/TracerEnabled",{fiberCached:!0,defaultValue:nn});var ua=pe("effect/References/CurrentLogLevel",{fiberCached:!0,defaultValue:()=>"Info"}),la=pe("effect/References/MinimumLogLevel",{fiberCached:!0,defaultValue:()=>"Info"});class xa extends wt{constructor(e,t=It){super("Interrupt",t,"Interrupted");this.fiberId=e}toString(){return`Interrupt(${this.fiberId})`}toJSON(){return{_tag:"Interrupt",fiberId:this.fiberId}}[D](e){return Qe(e)&&this.fiberId===e.fiberId&&this.annotations===e.annotations}[P](){return q(`${this._tag}:${this.fiberId}`)}}var ga=(e)=>new xe([new xa(e)]),Sa=(e)=>e.reasons.some(tt);var ya=(e)=>e.reasons.some(pr),ba=(e)=>ya(e)&&Sa(e)?et(e.reasons.map((t)=>t._tag==="Fail"&&!En(t.error)?new Ct(t.error,t.annotations):t)):e;var Ea=(e)=>e.reasons.some(Qe);var Ir=C(2,(e,t)=>{let r=!1,n=e.reasons.map((o)=>{if(tt(o))return r=!0,new kt(t(o.error),o.annotations);return o});return r?et(n):e});var Ru="~effect/Fiber",Pu={_A:V,_E:V},Du={id:0},fa=(()=>{try{return}catch{return}})(),Ta=()=>fa===void 0?void 0:new fa("effect/Fiber"),Nu=()=>globalThis[Ze];class Kn{constructor(e,t=!0){this.setContext(e),this.id=++Du.id,this.currentOpCount=0,this.interruptible=t,this._stack=[],this._observers=void 0,this._exit=void 0,this._children=void 0,this._interruptedCause=void 0,this._yielded=void 0,this._running=!1,this._deferredInterrupt=!1,this._parent=void 0,this._asyncContext=void 0,this.cache.runtimeMetrics?.recordFiberStart(this.context)}get[Ru](){return Pu}get currentDispatcher(){return this._dispatcher??=this.cache.scheduler.makeDispatcher()}getRef(e){return te(this.context,e)}addObserver(e){if(this._exit)return e(this._exit),Wo;if(this._observers===void 0)this._observers=[e];else this._observers.push(e);return()=>this.removeObserver(e)}removeObserver(e){if(this._exit||this._observers===void 0)return;let t=this._observers.indexOf(e);if(t>=0)this._observers.splice(t,1)}interruptUnsafe(e,t){if(this._exit)return;let r=ga(e);if(this.cache.stackFrame)r=_t(r,Pn(bn,this.cache.stackFrame));if(t)r=_t(r,t);if(this._interruptedCause=this._interruptedCause?Sn(this._interruptedCause,r):r,this.interruptible)if(this._running)this._deferredInterrupt=!0;else this.evaluate(ae(this._interruptedCause))}pollUnsafe(){return this._exit}evaluate(e){if(this._exit)return;else if(this._asyncContext!==void 0){let n=this._asyncContext;this._asyncContext=void 0;try{return n.runInAsyncScope(this.evaluate,this,e)}finally{n.emitDestroy()}}else if(this._yielded!==void 0){let n=this._yielded;this._yielded=void 0,n()}let t=this.runLoop(e);if(t===Ke){this._asyncContext=Ta();return}let r=pa.interruptChildren&&pa.interruptChildren(this);if(r!==void 0)return this.evaluate(de(r,()=>t));if(this._exit=t,this.cache.runtimeMetrics?.recordFiberEnd(this.context,this._exit),this._parent)this._parent._children?.delete(this),this._parent=void 0;if(this._observers!==void 0){let n=this._observers;this._observers=void 0;for(let o=0;o<n.length;o++)n[o](t)}this._stack.length=0,this._children=void 0,this.context=Rn()}runLoop(e){let t=globalThis[Ze];globalThis[Ze]=this;let r=this._running;this._running=!0;let n=!1,o=e;this.currentOpCount=0;try{while(!0)try{if(this._deferredInterrupt)this._deferredInterrupt=!1,o=ae(this._interruptedCause);this.currentOpCount++;let s=this.cache;if(!n&&!s.preventYield&&s.scheduler.shouldYield(this)){n=!0;let a=o;o=de(_a,()=>a)}if(o=s.tracerContext?s.tracerContext(o,this):o[R](this),o===Ke){let a=this._yielded;if(Le in a)return this._deferredInterrupt=!1,this._yielded=void 0,a;else if(this._deferredInterrupt){this._yielded=void 0,a();continue}return Ke}}catch(s){if(!_(o,R))return _e(`Fiber.runLoop: Not a valid effect: ${String(o)}`);o=_e(s)}}finally{this._running=r,globalThis[Ze]=t}}getCont(e){if(this._deferredInterrupt)return this._deferredInterrupt=!1,Mu;while(!0){let t=this._stack.pop();if(!t)return;let r=t[Xe];if(r!==void 0){let n=r.call(t,this);if(n)return n[e]=n,n}if(t[e])return t}}succeedWith(e){if((++this.currentOpCount&$u-1)===0)return z(e);let t=this.getCont(N);return t?t[N](e,this):this.yieldWith(z(e))}yieldWith(e){return this._yielded=e,Ke}children(){return this._children??=new Set}pipe(){return ee(this,arguments)}setContext(e){let t=this.context;if(this.context=e,t!==void 0&&js(t,e))return;let r=e.cacheRoot,n=r._fiberCache??=Uu(e);if(this.cache?.scheduler!==n.scheduler)this._dispatcher=void 0;this.cache=n}get currentSpanLocal(){let e=this.cache.span;return e?._tag==="Span"?e:void 0}}var Uu=(e)=>{let t=xr(e,oa);return{scheduler:te(e,$n),tracer:t,tracerContext:t?t.context:void 0,tracerEnabled:te(e,ca),span:xr(e,na),logLevel:te(e,ua),minimumLogLevel:te(e,la),stackFrame:te(e,ia),runtimeMetrics:xr(e,aa),maxOpsBeforeYield:te(e,Ys),preventYield:te(e,Xs)}},Mu={[N](e,t){return ae(t._interruptedCause)},[ne](e,t){return ae(t._interruptedCause)}},$u=32,pa={interruptChildren:void 0},wa=(e)=>{if(!e.cache.stackFrame)return;let t=new Map;return t.set(Ss.key,e.cache.stackFrame),hr(t)};var Lu=(e)=>jn((t)=>{let r=e[Symbol.iterator](),n=[],o=void 0;function s(){let a=r.next();while(!a.done){if(a.value._exit){n.push(a.value._exit),a=r.next();continue}o=a.value.addObserver((i)=>{n.push(i),s()});return}t(Se(n))}return s(),Ia(()=>o?.())});var da=(e)=>rt((t)=>{let r=wa(t),n=Er();for(let o of e)o.interruptUnsafe(t.id,r),n.push(o);return Pa(Lu(n))});var Se=z,ae=se,Ft=vt,Ia=fe({op:"Sync",[R](e){let t=this[b],r=t(),n=e.getCont(N);return n?n[N](r,e):e.yieldWith(z(r))}}),ve=fe({op:"Suspend",[R](e){let t=this[b];return t()}});var ka=yr({onFailure:Ft,onSuccess:Se});var Ca=fe({op:"Yield",[R](e){let t=!1;return e.currentDispatcher.scheduleTask(()=>{if(t)return;e.evaluate(ge)},this[b]??0),e.yieldWith(()=>{t=!0})}}),_a=Ca(0);var va=(e)=>ve(()=>ae(e())),kr=(e)=>_e(e);var ot=Se(void 0);var Oa=(e)=>{let t=typeof e==="function"?e:e.try,r=typeof e==="function"?(n)=>new vr(n,"An error occurred in Effect.try"):e.catch;return ve(()=>{try{return Se(t())}catch(n){return Ft(r(n))}})};var Aa=(e)=>{let t=typeof e==="function"?e:e.try,r=typeof e==="function"?(n)=>new vr(n,"An error occurred in Effect.tryPromise"):e.catch;return Fa(function(n,o){let s=(a)=>ve(()=>{try{return Ft(xn(()=>r(a)))}catch(i){return kr(i)}});try{t(o).then((a)=>n(Se(a)),(a)=>n(s(a)))}catch(a){n(s(a))}},t.length!==0)};var Fa=function(){let e=oe({op:"Async",[R](r){let n=!1,o=!1,s=this.withSignal?new AbortController:void 0,a=this.register.call(r.cache.scheduler,(i)=>{if(n)return;if(n=!0,o)r.evaluate(i);else o=i},s?.signal);if(o!==!1)return o;if(o=!0,r.yieldWith(()=>{n=!0}),s===void 0&&a===void 0)return Ke;return r._stack.push(Bu(()=>(n=!0,s?.abort(),a??ge))),Ke}}),t=function(r,n){this.register=r,this.withSignal=n};return t.prototype=e,function(r,n){return new t(r,n)}}(),Bu=fe({op:"AsyncFinalizer",[Xe](e){if(e.interruptible)e.interruptible=!1,e._stack.push(qa)},[ne](e,t){return Ea(e)?de(Xu(se(e),this[b]()),()=>ae(e)):ae(e)}}),jn=(e)=>Fa(e,e.length>=2);var Ku=(e,t)=>typeof e==="function"?e:t.shift().bind(e.self);var ju=(e,t)=>Object.defineProperty(t,"length",{value:e,configurable:!0});var Ra=(e,...t)=>{let r=Ku(e,t);return ju(r.length,t.length===0?function(){return ma(()=>r.apply(this,arguments))}:function(){let n=ma(()=>r.apply(this,arguments));for(let o of t)n=o(n,...arguments);return n})},ma=(e)=>{try{let t=e(),r=void 0;while(!0){let n=t.next(r);if(n.done)return Se(n.value);let o=n.value;if(o&&o._tag==="Success"){r=o.value;continue}else if(o&&o._tag==="Failure")return n.value;else{let s=!0;return ve(()=>{if(s)return s=!1,de(n.value,(a)=>ha(t,a));else return ve(()=>ha(e()))})}}}catch(t){return kr(t)}},ha=function(){let e=oe({op:"Iterator",[N](r,n){let o=this.iterator;while(!0){let s=o.next(r);if(s.done)return Se(s.value);if(!A(s.value))return n._stack.push(this),s.value;else if(s.value._tag==="Failure")return s.value;r=s.value.value}},[R](r){return this[N](this.initial,r)}}),t=function(r,n){this.iterator=r,this.initial=n};return t.prototype=e,function(r,n){return new t(r,n)}}();var qn=function(e){return e._stack.push(this),this[b]},qu=oe({op:"OnSuccess",[R]:qn}),Cr=function(e,t,r){this[b]=e,this[N]=t,this.payload=r};Cr.prototype=qu;var zu=function(){return this.payload};var Vu=!0,Ju=function(e,t){let r=this.payload;return t.succeedWith(Vu?r(e):xn(()=>r(e)))},Gu=function(e){let t=this.payload;return t(e)};var Pa=(e)=>new Cr(e,zu,ge);var de=C(2,(e,t)=>new Cr(e,Gu,t));var A=(e)=>e[Le]!==void 0,Da=C(2,(e,t)=>{if(A(e))return e._tag==="Success"?t(e.value):e;return de(e,t)});var Na=C(2,(e,t)=>new Cr(e,Ju,t)),Ua=C(2,(e,t)=>A(e)?$a(e,t):Na(e,t)),Ma=C(2,(e,t)=>A(e)?La(e,t):Ka(e,t));var zn=(e)=>e._tag==="Success";var ge=z(void 0),$a=C(2,(e,t)=>e._tag==="Success"?z(t(e.value)):e),La=C(2,(e,t)=>{if(e._tag==="Success")return e;return se(Ir(e.cause,t))});var _r=C(2,(e,t)=>new Ba(e,t.length!==1?(r)=>t(r):t)),Hu=oe({op:"OnFailure",[R]:qn}),Ba=function(e,t){this[b]=e,this[ne]=t};Ba.prototype=Hu;var Ka=C(2,(e,t)=>_r(e,(r)=>ae(Ir(r,t))));var Wu=oe({op:"OnSuccessAndFailure",[R]:qn}),Zu=function(e,t,r){this[b]=e,this[N]=t,this[ne]=r};Zu.prototype=Wu;var Vn=(e)=>A(e)?z(e):Yu(e),Yu=fe({op:"Exit",[R](e){return e._stack.push(this),this[b]},[N](e,t,r){return t.succeedWith(r??z(e))},[ne](e,t,r){return t.succeedWith(r??se(e))}});var Xu=(e,t)=>zn(e)?t:_r(t,(r)=>ae(ba(fr(e.cause,r))));var ja=(e)=>rt((t)=>{if(!t.interruptible)return e;return t.interruptible=!1,t._stack.push(qa),e}),Qu=fe({op:"SetInterruptible",[Xe](e){if(e.interruptible=this[b],e._interruptedCause&&e.interruptible)return()=>ae(e._interruptedCause)}}),qa=Qu(!0);var el=fe({op:"While",[N](e,t){if(this[b].step(e),this[b].while())return t._stack.push(this),this[b].body();return ge},[R](e){if(this[b].while())return e._stack.push(this),this[b].body();return ge}});var Jn=(e)=>e==="unbounded"?Number.POSITIVE_INFINITY:Math.max(1,e??1),Gn=()=>(e)=>{let{onItem:t,step:r}=e,n=(s,a,i,d,T)=>de(Vn(T),(c)=>r(s,a[i],c,i)??o(s,a,i+1,d)??ot),o=(s,a,i=0,d=a.length)=>{for(;i<d;i++){let T=a[i],c=t(s,T,i);if(!A(c))return n(s,a,i,d,c);let u=r(s,T,c,i);if(u)return u._tag==="Failure"?u:void 0}};return o},tl=(e)=>{let{onItem:t,step:r}=e;return(n,o,s)=>{let a=0,i=s.end??o.length,d=s.concurrency,T=!1,c,u,m,g,h,x=(f)=>{let p=_e(f);return g=p,T=!0,u&&u.size>0?de(ja(da(Array.from(u))),()=>g??p):p},l=()=>{let f=!1;for(;!g&&a<i;a++){let p=o[a],y=h??t(n,p,a);if(A(y)){if(g=r(n,p,y,a),g)break}else if(!c)return jn((S)=>{c=Nu(),u=new Set,h=y,m=S;let w;try{w=l()}catch(k){return S(x(k))}if(w)return S(w);return ve(()=>(g??=ge,de(u?da(u):ot,()=>g?._tag==="Failure"?g:ot)))});else{h=void 0;let S=rl(c,y,!0,!0,"inherit");if(S._exit){if(g=r(n,p,S._exit,a),g)break;continue}u.add(S);let w=a;if(S.addObserver((k)=>{u.delete(S);try{if(g){if(k._tag==="Failure"){let O=k.cause.reasons.filter((Y)=>Y._tag!=="Interrupt");if(O.length>0){let Y=et(O);g=se(g._tag==="Failure"?ba(fr(g.cause,Y)):Y)}}}else{let O=r(n,p,k,w);if(O)g=O,l()}if(f){let O=l();if(O)m(O)}else if(T&&u.size===0)m(g??ot)}catch(O){m(x(O))}}),u.size<d)continue;f=!0,a++;return}}if(T=!0,g){if(u&&u.size>0){let p=wa(c);u.forEach((y)=>y.interruptUnsafe(c.id,p));return}if(m||g._tag==="Failure")return g}else if(m){if(!u)return ge;else if(u.size===0)m(ot)}};return l()}},Hn=()=>(e)=>tl(e);var rl=(e,t,r=!1,n=!1,o=!1)=>{let s=e,a=o==="inherit"?s.interruptible:!o,i=new Kn(s.context,a);if(!n)s.children().add(i),i._parent=s;if(r)i.evaluate(t);else i._asyncContext=Ta(),s.currentDispatcher.scheduleTask(()=>i.evaluate(t),0);return i};var za=(e)=>(t,r)=>{let n=new Kn(r?.scheduler?qs(e,$n,r.scheduler):e,r?.uninterruptible!==!0);if(n.evaluate(t),n._exit)return n;if(r?.signal)if(r.signal.aborted)n.interruptUnsafe();else{let o=()=>n.interruptUnsafe();r.signal.addEventListener("abort",o,{once:!0}),n.addObserver(()=>r.signal.removeEventListener("abort",o))}if(r?.onFiberStart)r.onFiberStart(n);return n};var Va=(e)=>{let t=za(e);return(r)=>{if(A(r))return r;let n=new wr("sync"),o=t(r,{scheduler:n});return o._dispatcher?.flush(),o._exit??_e(new Wn(o))}},Ja=Va(Rn());var Ln="~effect/Cause/AsyncFiberError";class Wn extends Ot("AsyncFiberError"){[Ln]=Ln;constructor(e){super({message:"An asynchronous Effect was executed with Effect.runSync",fiber:e})}}var Bn="~effect/Cause/UnknownError";class vr extends Ot("UnknownError"){[Bn]=Bn;constructor(e,t){super({message:t,cause:e})}}var nl="~effect/Logger",Sd={[nl]:{_Message:V,_Output:V},pipe(){return ee(this,arguments)}};var qe={bold:"1",red:"31",green:"32",yellow:"33",blue:"34",cyan:"36",white:"37",gray:"90",black:"30",bgBrightRed:"101"},yd={None:[],All:[],Trace:[qe.gray],Debug:[qe.blue],Info:[qe.green],Warn:[qe.yellow],Error:[qe.red],Fatal:[qe.bgBrightRed,qe.black]};var Ga=tt;var Ha=yn;var Or=Ir;var Wa=z,Yn=se,Pt=vt;var st=ge;var Xn=zn;var Za=Aa,M=Se;var Ya=ve;var F=Ft;var Qn=va,Oe=kr,eo=Oa;var to=ka;var ye=de;var Dt=Vn;var Nt=_r;var Fr=Ja;var ro=Ua,no=Ma;var J=Da;var Xa=Ra;var Pr=(e)=>sl(typeof e==="string"?Qa.encode(e):e),Dr=(e)=>{let t=ul(e),r=t.length;if(r%4!==0)return nt(new At({kind:"Decode",module:"Base64",input:t,message:`Length must be a multiple of 4, but is ${r}`}));let n=t.indexOf("=");if(n!==-1&&(n<r-2||n===r-2&&t[r-1]!=="="))return nt(new At({kind:"Decode",module:"Base64",input:t,message:"Found a '=' character, but it is not at the end"}));try{let o=t.endsWith("==")?2:t.endsWith("=")?1:0,s=new Uint8Array(3*(r/4)-o);for(let a=0,i=0;a<r;a+=4,i+=3){let d=Rr(t.charCodeAt(a))<<18|Rr(t.charCodeAt(a+1))<<12|Rr(t.charCodeAt(a+2))<<6|Rr(t.charCodeAt(a+3));s[i]=d>>16,s[i+1]=d>>8&255,s[i+2]=d&255}return Sr(s)}catch(o){return nt(new At({kind:"Decode",module:"Base64",input:t,message:o instanceof Error?o.message:"Invalid input"}))}};var sl=(e)=>{let t=e.length,r=Uint8Array.prototype.toBase64;if(t>=32&&typeof r==="function")return r.call(e);return t<128?al(e):il(e)},al=(e)=>{let t=e.length,r="",n;for(n=2;n<t;n+=3)r+=re[e[n-2]>>2],r+=re[(e[n-2]&3)<<4|e[n-1]>>4],r+=re[(e[n-1]&15)<<2|e[n]>>6],r+=re[e[n]&63];if(n===t+1)r+=re[e[n-2]>>2],r+=re[(e[n-2]&3)<<4],r+="==";if(n===t)r+=re[e[n-2]>>2],r+=re[(e[n-2]&3)<<4|e[n-1]>>4],r+=re[(e[n-1]&15)<<2],r+="=";return r},il=(e)=>{let t=e.length,r=new Uint8Array(Math.ceil(t/3)*4),n,o=0;for(n=2;n<t;n+=3,o+=4)r[o]=be[e[n-2]>>2],r[o+1]=be[(e[n-2]&3)<<4|e[n-1]>>4],r[o+2]=be[(e[n-1]&15)<<2|e[n]>>6],r[o+3]=be[e[n]&63];if(n===t+1)r[o]=be[e[n-2]>>2],r[o+1]=be[(e[n-2]&3)<<4],r[o+2]=oo,r[o+3]=oo;if(n===t)r[o]=be[e[n-2]>>2],r[o+1]=be[(e[n-2]&3)<<4|e[n-1]>>4],r[o+2]=be[(e[n-1]&15)<<2],r[o+3]=oo;return cl.decode(r)},Qa=new TextEncoder,cl=new TextDecoder,ul=(e)=>e.replace(/[\n\r]/g,""),re="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",be=Qa.encode(re),oo=61,Ut=new Uint8Array(123).fill(255);for(let e=0;e<re.length;e++)Ut[re.charCodeAt(e)]=e;Ut[61]=0;var Rr=(e)=>{if(e>=Ut.length||Ut[e]===255)throw TypeError(`Invalid character ${String.fromCharCode(e)}`);return Ut[e]};var ti="~structural";var ri="~sentinels",ni="~constructor";var E=Symbol();var K=Wa,ie=K(E),v=K(E),Mt=(e)=>e===E?dr():mr(e),so=(e)=>e._tag==="None"?ie:K(e.value);var Lt="~effect/SchemaIssue/Issue";function io(e){return _(e,Lt)&&e[Lt]===Lt}class ce{[Lt]=Lt;constructor(e,t){if(t?.reportInput===!0&&e!==E)this.input=e}}var oi=class extends ce{_tag="Filter";filter;issue;constructor(e,t,r,n){super(r,n);this.filter=e,this.issue=t}},si=class extends ce{_tag="Encoding";ast;issue;constructor(e,t,r,n){super(r,n);this.ast=e,this.issue=t}},ze=class extends ce{_tag="Pointer";path;issue;constructor(e,t){super();this.path=e,this.issue=t}},Nr=class extends ce{_tag="MissingKey";annotations;constructor(e){super();this.annotations=e}},ai=class extends ce{_tag="UnexpectedKey";ast;constructor(e,t,r){super(t,r);this.ast=e}},W=class extends ce{_tag="Composite";ast;issues;constructor(e,t,r,n){super(r,n);this.ast=e,this.issues=t}},Ve=class extends ce{_tag="InvalidType";ast;constructor(e,t,r){super(t,r);this.ast=e}},G=class extends ce{_tag="InvalidValue";annotations;constructor(e,t,r){super(t,r);this.annotations=e}};var Bt=class extends ce{_tag="AnyOf";ast;issues;constructor(e,t,r,n){super(r,n);this.ast=e,this.issues=t}},ii=class extends ce{_tag="OneOf";ast;successes;constructor(e,t,r,n){super(r,n);this.ast=e,this.successes=t}};function ao(e,t,r){if(io(e))return e;if(typeof e==="string")return new G({message:e},t,r);let n=typeof e.issue==="string"?new G({message:e.issue},t,r):e.issue;return new ze(e.path,n)}function ci(e,t,r){if(e===void 0)return;if(typeof e==="boolean")return e?void 0:new G(void 0,t,r);return ao(e,t,r)}function ui(e,t,r,n){if(Array.isArray(t)){if(!Vs(t))return;return t.length===1?ao(t[0],r,n):new W(e,Js(t,(o)=>ao(o,r,n)),r,n)}return ci(t,r,n)}function Kt(e){let t;for(let r of e.reasons){if(!Ga(r)||!io(r.error))return;t??=r.error}return t}function co(e,t){let r=Kt(e);if(r===void 0)throw Error(t,{cause:e});return r}var uo=(e)=>Object.assign(Object.create(tn),e);var pl=uo({_tag:"Passthrough"});function Ur(){return pl}function Z(e){return uo({_tag:"Transform",transform:e})}function at(e){return uo({_tag:"TransformEffect",transform:e})}function lo(){return Z(globalThis.String)}function Mr(){return Z(globalThis.Number)}function pi(){return Z(Pr)}function di(){return at((e,t)=>no(to(Dr(e)),()=>new G({expected:"a valid Base64 string"},e,t)))}var jt="~effect/SchemaTransformation/Transformation",ue=class extends lt{[jt]=jt;_tag="Transformation";decode;encode;constructor(e,t){super();this.decode=e,this.encode=t}flip(){return new ue(this.encode,this.decode)}};function hl(e){return _(e,jt)&&e[jt]===jt}var fo=(e)=>{if(hl(e))return e;return new ue(e.decode,e.encode)};function Lr(e){return new ue(at(e.decode),at(e.encode))}function mi(e){return new ue(Z(e.decode),Z(e.encode))}var xl=new ue(Ur(),Ur());function po(){return xl}var Br=new ue(Mr(),lo());var hi=Lr({decode:(e,t)=>URL.canParse(e)?M(new URL(e)):F(new G({expected:"a valid URL string"},e,t)),encode:(e)=>M(e.href)});var xi=new ue(di(),pi());function He(e){return(t)=>t._tag===e}var Ci=He("Declaration");var yl=He("Never");var ut=He("Literal"),xo=He("UniqueSymbol");var bl=He("Arrays"),El=He("Objects");var _i=He("Suspend"),me=class{to;transformation;constructor(e,t){this.to=e,this.transformation=t}},Vr={},gi=class{isOptional;isMutable;constructorDefault;annotations;constructor(e,t,r=void 0,n=void 0){this.isOptional=e,this.isMutable=t,this.constructorDefault=r,this.annotations=n}},Si="~effect/Schema";class Re{[Si]=Si;annotations;checks;encoding;context;constructor(e=void 0,t=void 0,r=void 0,n=void 0){this.annotations=e,this.checks=t,this.encoding=r,this.context=n}toString(){return`<${this._tag}>`}}var Io=class extends Re{_tag="Declaration";typeParameters;run;encodingChecks;encodingRun;constructor(e,t,r,n,o,s,a,i){super(r,n,o,s);this.typeParameters=e,this.run=t,this.encodingChecks=a,this.encodingRun=i}getParser(){let e;return(t,r)=>{if(t===E)return ie;e??=this.run(this.typeParameters);try{return e(t,this,r)}catch(n){return Oe(n)}}}_rebuild(e,t,r,n,o){let s=zr(this.typeParameters,e);return s===this.typeParameters&&t===this.checks&&r===this.encodingChecks&&n===this.run&&o===this.encodingRun?this:new Io(s,n,this.annotations,t,void 0,this.context,r,o)}recur(e){return this._rebuild(e,this.checks,this.encodingChecks,this.run,this.encodingRun)}flip(e){return this._rebuild(e,this.encodingChecks,this.checks,this.encodingRun??this.run,this.run)}getExpected(){let e=this.annotations?.expected;if(typeof e==="string")return e;return"<Declaration>"}};var Tl=class extends Re{_tag="Unknown";getParser(){return Zr(this,es)}getExpected(){return"unknown"}},go=new Tl;var ct=class extends Re{_tag="Literal";literal;constructor(e,t,r,n,o){super(t,r,n,o);if(typeof e==="number"&&!globalThis.Number.isFinite(e))throw Error(`A numeric literal must be finite, got ${B(e)}`);this.literal=e}getParser(){return Ll(this,this.literal)}matchPart(e,t){return e===globalThis.String(this.literal)?this.literal:void 0}toCodecJson(){return typeof this.literal==="bigint"?yi(this):this}toCodecStringTree(){return typeof this.literal==="string"?this:yi(this)}getExpected(){return typeof this.literal==="string"?JSON.stringify(this.literal):globalThis.String(this.literal)}};function yi(e){let t=globalThis.String(e.literal);return Ee(e,[new me(new ct(t),new ue(Z(()=>e.literal),Z(()=>t)))])}var wl=class extends Re{_tag="String";getParser(){return Zr(this,on)}matchPart(e,t){let r=this.checks;return r&&!t.disableChecks&&Pe(r,e,void 0,this,t)?void 0:e}getExpected(){return"string"}},Je=new wl,Il=class extends Re{_tag="Number";getParser(){return Zr(this,Xo)}matchKey(e,t){return this._match(Bl,e,t)}matchPart(e,t){return this._match(wo,e,t)}_match(e,t,r){if(!e.test(t))return;let n=globalThis.Number(t);if(r.disableChecks||!this.checks)return n;return Pe(this.checks,n,void 0,this,r)?void 0:n}toCodecJson(){if(this.checks&&(So(this.checks,"effect/schema/isFinite")||So(this.checks,"effect/schema/isInt")))return this;return Ee(this,[Fl])}toCodecStringTree(){if(this.toCodecJson()===this)return Ee(this,[Kl]);return Ee(this,[jl])}getExpected(){return"number"}};function So(e,t){return e.some((r)=>r.annotations?.representation?.id===t||r._tag==="FilterGroup"&&So(r.checks,t))}var ko=new Il;var yo=(e,t,r,n)=>{if(n.cause.reasons.length===0)return n;let o=Kt(n.cause);if(o===void 0)return Yn(Or(n.cause,(a)=>new W(t,[new ze([r],a)],e.input,e.options)));let s=new ze([r],o);if(e.options.errors==="all")if(e.issues)e.issues.push(s);else e.issues=[s];else return Pt(new W(t,[s],e.input,e.options))},vi="[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:[Ee][+-]?\\d+)?";function ho(e,t,r=Vr){let n,o;function s(a){switch(a._tag){case"String":case"TemplateLiteral":return(n??=Object.keys(e)).filter((i)=>a.matchPart(i,r)!==void 0);case"Number":return(n??=Object.keys(e)).filter((i)=>a.matchKey(i,r)!==void 0);case"Symbol":return(o??=Object.getOwnPropertySymbols(e)).filter((i)=>Object.prototype.propertyIsEnumerable.call(e,i)&&a.matchKey(i,r)!==void 0);case"Union":return[...new Set(a.types.flatMap(s))];default:return[]}}return s(Ro(Wr(t)))}var Oi=class{name;type;constructor(e,t){this.name=e,this.type=t}};function Ai(e){switch(e._tag){case"String":case"Number":case"Symbol":case"TemplateLiteral":return!0;case"Union":return e.types.every(Ai);default:return!1}}function Fi(e){let t=ji(e);switch(t._tag){case"String":case"Number":case"Symbol":case"TemplateLiteral":return!0;case"Union":return t.types.every(Fi);default:return!1}}function kl(e){return Ai(e)&&Fi(e)}var Cl=class{parameter;type;constructor(e,t){if(!kl(e))throw Error(`Invalid index signature parameter ${e._tag}`);if(this.parameter=e,this.type=t,qt(t)||t.encoding!==void 0&&qt(Wr(t)))throw Error("Cannot use `Schema.optionalKey` or `Schema.optional` with index signatures. Index signatures already allow keys to be absent; use `Schema.UndefinedOr` to allow `undefined` values.")}},Ri=class extends Re{_tag="Objects";propertySignatures;indexSignatures;encodingChecks;constructor(e,t,r,n,o,s,a){super(r,n,o,s);this.propertySignatures=e,this.indexSignatures=t,this.encodingChecks=a}getParser(e,t=e){let r=this,n=r.propertySignatures.length,o=r.indexSignatures.length;if(!n&&!o)return Zr(r,Qo);let s,a,i=()=>{if(!s)s=r.propertySignatures.map((u)=>({parser:t(u.type),name:u.name,type:u.type})),a=o?r.indexSignatures.map((u)=>({is:u,parserKey:e(Ro(u.parameter)),parserValue:t(u.type)})):void 0;return s},d=()=>{let u=new Set(r.propertySignatures.map((l)=>typeof l.name==="number"?globalThis.String(l.name):l.name)),m=(l,f,p,y,S)=>{if(S._tag==="Failure")return yo(l,r,f,S)??st;let w=S===v?y:S[b];if(p!==E&&w!==E){if(n&&(u.has(f)||u.has(typeof p==="number"?globalThis.String(p):p)))return st;Ye(l.out,p,w)}return st},g=(l,f,p,y)=>{if(!y){let O=p.parserKey(f,l.options);if(!A(O))return ye(Dt(O),(Y)=>g(l,f,p,Y));y=O}if(y._tag==="Failure")return yo(l,r,f,y)??st;let S=y===v?f:y[b],w=l.input[f],k=p.parserValue(w,l.options);return A(k)?m(l,f,S,w,k):ye(Dt(k),(O)=>m(l,f,S,w,O))},h=(l,f,p)=>{let y=l.input[f],S=p.parserValue(y,l.options);return A(S)?m(l,f,f,y,S):ye(Dt(S),(w)=>m(l,f,f,y,w))},x=o?Hn()({onItem:(l,[f,p])=>p.is.parameter===Je?h(l,f,p):g(l,f,p),step:(l,f,p)=>p._tag==="Failure"?p:void 0}):void 0;return Xa(function*(l,f){if(l===E)return E;if(!(typeof l==="object"&&l!==null&&!Array.isArray(l)))return yield*F(new Ve(r,l,f));i();let p=l,y={},S={ast:r,input:p,out:y,issues:void 0,options:f},w=f.errors==="all",k=f.onExcessProperty==="error",O=f.concurrency===void 0?1:Jn(f.concurrency),Y=o&&k?r.indexSignatures.map((j)=>ho(p,j.parameter,f)):void 0;if(k){let j=Y?new Set(u):u;if(Y)for(let X of Y)for(let H of X)j.add(H);let le=Reflect.ownKeys(p);for(let X=0;X<le.length;X++){let H=le[X];if(!j.has(H)&&Object.prototype.propertyIsEnumerable.call(p,H)){let ke=new ai(r,p[H],f),Q=new ze([H],ke);if(w){if(S.issues)S.issues.push(Q);else S.issues=[Q];continue}else return yield*F(new W(r,[Q],l,f))}}}if(n){let j=O===1?bi(S,s):_l(S,s,{concurrency:O});if(j)yield*j}if(o&&O===1)for(let j=0;j<o;j++){let le=a[j],X=le.is.parameter===Je?h:g,H=Y?.[j]??(le.is.parameter===Je?Object.keys(p):ho(p,le.is.parameter,f));for(let ke=0;ke<H.length;ke++){let Q=X(S,H[ke],le);if(!A(Q))yield*Q;else if(Q._tag==="Failure")return yield*Q}}else if(x){let j=Er();for(let X=0;X<o;X++){let H=a[X],ke=Y?.[X]??(H.is.parameter===Je?Object.keys(p):ho(p,H.is.parameter,f));for(let Q=0;Q<ke.length;Q++)j.push([ke[Q],H])}let le=x(S,j,{concurrency:O});if(le)yield*le}if(S.issues)return yield*F(new W(r,S.issues,l,f));return y})};if(o)return d();let T,c=(u,m,g)=>{let h=s[m];return ye(Dt(g),(x)=>{let l={...u,out:{...u.out}},f=bo(l,h,x);if(f)return f;let p=()=>K(l.out),y=bi(l,s.slice(m+1));return y?J(y,p):p()})};return(u,m)=>{if(u===E)return ie;if(m.errors==="all"||m.onExcessProperty!==void 0||m.concurrency!==void 0&&Jn(m.concurrency)!==1)return(T??=d())(u,m);if(!(typeof u==="object"&&u!==null&&!Array.isArray(u)))return F(new Ve(r,u,m));let g=i(),h=u,x={},l={ast:r,input:h,out:x,issues:void 0,options:m};try{for(let f=0;f<g.length;f++){let p=g[f],y=p.name,S=it(h,y),w=S?h[y]:E,k=p.parser(w,m);if(!A(k))return c(l,f,k);if(k===v){if(S)Ye(x,y,w);continue}let O=bo(l,p,k);if(O)return O}}catch(f){return Oe(f)}return K(x)}}_rebuild(e,t,r,n){let o=zr(this.propertySignatures,(a)=>{let i=e(a.type);return i===a.type?a:new Oi(a.name,i)}),s=zr(this.indexSignatures,(a)=>{let i=t(a.parameter),d=e(a.type);return i===a.parameter&&d===a.type?a:new Cl(i,d)});return o===this.propertySignatures&&s===this.indexSignatures&&r===this.checks&&n===this.encodingChecks?this:new Ri(o,s,this.annotations,r,void 0,this.context,n)}flip(e){return this._rebuild(e,e,this.encodingChecks,this.checks)}recur(e,t=e){return this._rebuild(e,t,this.checks,this.encodingChecks)}getExpected(){if(this.propertySignatures.length===0&&this.indexSignatures.length===0)return"object | array";return"object"}};function bo(e,t,r){if(r._tag==="Failure")return yo(e,e.ast,t.name,r);if(r===v)return;let n=r[b];if(n!==E){Ye(e.out,t.name,n);return}if(delete e.out[t.name],!qt(t.type)){let o=new ze([t.name],new Nr(t.type.context?.annotations));if(e.options.errors==="all"){if(e.issues)e.issues.push(o);else e.issues=[o];return}else return Pt(new W(e.ast,[o],e.input,e.options))}}var Pi={onItem(e,t){if(!it(e.input,t.name))return t.parser(E,e.options);let r=e.input[t.name];return Ye(e.out,t.name,r),t.parser(r,e.options)},step:bo},bi=Gn()(Pi),_l=Hn()(Pi);function Di(e,t){if(!e)return t;if(!t)return e;return[...e,...t]}function Co(e,t,r){return new Ri(Reflect.ownKeys(e).map((n)=>new Oi(n,e[n].ast)),[],r,t)}function _o(e){return e.ast}function Jr(e,t,r){return new zt(e.map(_o),t,void 0,r)}var vo=dt((e)=>{while(!0){if(_i(e))return go;let t=e.encoding;if(!t)return e.recur?.(vo,V)??e;if(t.some((r)=>r.transformation._tag==="Middleware"&&r.transformation.decode!==V))return go;e=t[t.length-1].to}});function Ni(e){switch(e._tag){case"Null":return["null"];case"Undefined":return["undefined"];case"String":case"TemplateLiteral":return["string"];case"Number":return["number"];case"Boolean":return["boolean"];case"Symbol":case"UniqueSymbol":return["symbol"];case"BigInt":return["bigint"];case"Arrays":return["array"];case"ObjectKeyword":return["object","array","function"];case"Objects":return e.propertySignatures.length||e.indexSignatures.length?["object"]:["string","number","boolean","symbol","bigint","object","array","function"];case"Enum":return Array.from(new Set(e.enums.map(([,t])=>typeof t)));case"Literal":return[typeof e.literal];case"Union":return Array.from(new Set(e.types.flatMap(Ni)));default:return["null","undefined","string","number","boolean","symbol","bigint","object","array","function"]}}function jr(e){switch(e._tag){default:return[];case"Declaration":{let t=e.annotations?.[ri];return Array.isArray(t)?t:[]}case"Objects":return e.propertySignatures.flatMap((t)=>{let r=t.type;if(!qt(r)){if(ut(r))return[{key:t.name,literal:r.literal}];if(xo(r))return[{key:t.name,literal:r.symbol}]}return[]});case"Arrays":return e.elements.flatMap((t,r)=>{if(!qt(t)){if(ut(t))return[{key:r,literal:t.literal}];if(xo(t))return[{key:r,literal:t.symbol}]}return[]});case"Union":{if(e.types.length===0)return[];let t=e.types.map((r)=>jr(vo(r)));return t[0].filter((r)=>t.every((n)=>n.some((o)=>o.key===r.key&&o.literal===r.literal)))}case"Suspend":return jr(e.thunk())}}var Ei=new WeakMap,Kr=Object.freeze([]),Ti=(e)=>e===null?"null":Array.isArray(e)?"array":typeof e,it=(e,t)=>t==="__proto__"?Object.hasOwn(e,t):(t in e);function vl(e){let t=Ei.get(e);if(t)return t;let r,n=0,o,s,a=!0,i=[];for(let c=0;c<e.length;c++){let u=e[c],m=vo(u);if(yl(m))continue;if(ut(m)||xo(m)){s??=new Map;let h=ut(m)?m.literal:m.symbol;i[c]=h;let x=s.get(h);if(!x)s.set(h,x=[]);x.push(c)}else a=!1;let g=jr(m);if(g.length){r??=new Map,n++;for(let{key:h,literal:x}of g){let l=r.get(h);if(!l)r.set(h,l=[new Map,new Set]);l[1].add(c);let f=l[0].get(x);if(!f)l[0].set(x,f=new Set);f.add(c)}}else{o??={};let h=Ni(m);for(let x of h)(o[x]??=[]).push(c)}}let d={},T=(c)=>d[c]??=Object.freeze(o?.[c]??Kr);if(a&&s)s.forEach(Object.freeze),t=(c)=>s.get(c)??Kr;else if(r?.size===1&&!o){let[c,[u]]=r.entries().next().value,m=new Map;for(let[h,x]of u)m.set(h,Object.freeze(Array.from(x)));let g=Object.freeze(e.map((h,x)=>x));t=(h,x)=>{if(rr(h)){let l=it(h,c)?h[c]:void 0;if(l!==void 0)return m.get(l)??Kr;if(x)return g}return Kr}}else if(r){let c;for(let u of r)if((!c||u[1][0].size>c[1][0].size)&&u[1][1].size===n)c=u;t=(u,m)=>{let g=Ti(u);if(!rr(u))return T(g);let h=new Set(o?.[g]),x;if(c){let[l,[f]]=c,p=it(u,l),y=p?u[l]:void 0;if(p&&(!m||y!==void 0)){let S=f.get(y);if(!S)return T(g);for(let w of S)h.add(w);x=l}}if(x===void 0)for(let[l,[f,p]]of r){let y=it(u,l),S=y?u[l]:void 0;if(y&&(!m||S!==void 0)){let w=f.get(S);if(w)for(let k of w)h.add(k)}else if(m)for(let w of p)h.add(w)}for(let[l,[f,p]]of r){if(l===x)continue;let y=it(u,l),S=y?u[l]:void 0;if(y&&(!m||S!==void 0)){let w=f.get(S);for(let k of h)if(p.has(k)&&!w?.has(k))h.delete(k)}}return Array.from(h).sort((l,f)=>l-f)}}else t=(c)=>{let u=T(Ti(c));return s?u.filter((m)=>i[m]===void 0||i[m]===c):u};return Ei.set(e,t),t}var zt=class extends Re{_tag="Union";types;options;encodingChecks;constructor(e,t,r,n,o,s,a){super(r,n,o,s);this.types=e,this.options=t,this.encodingChecks=a}getParser(e,t){let r=this,n=t!==void 0,o=[],s=(i)=>o[i]??=e(r.types[i]),a;return(i,d)=>{if(i===E)return ie;let T=(a??=vl(r.types))(i,n);if(T.length===0)return F(new Bt(r,[],i,d));if(T.length===1){let c=s(T[0])(i,d);if(c._tag==="Success")return c;return A(c)?Ui(r,c.cause,i,d):Ol(r,c,i,d)}return Mi(r,s,T,i,d)}}_rebuild(e,t,r){let n=zr(this.types,e);return n===this.types&&t===this.checks&&r===this.encodingChecks?this:new zt(n,this.options,this.annotations,t,void 0,this.context,r)}recur(e){return this._rebuild(e,this.checks,this.encodingChecks)}flip(e){return this._rebuild(e,this.encodingChecks,this.checks)}matchPart(e,t){for(let r of this.types){let n=r.matchPart(e,t);if(n!==void 0)return n}return}getExpected(e){let t=this.annotations?.expected;if(typeof t==="string")return t;if(this.types.length===0)return"never";let r=this.types.map((n)=>{let o=Wr(n);switch(o._tag){case"Arrays":{let s=o.elements.filter(ut);if(s.length>0)return`${Ii(o.isMutable)}[ ${s.map((a)=>e(a)+ki(a.context?.isOptional)).join(", ")}, ... ]`;break}case"Objects":{let s=o.propertySignatures.filter((a)=>ut(a.type));if(s.length>0)return`{ ${s.map((a)=>`${Ii(a.type.context?.isMutable)}${ar(a.name)}${ki(a.type.context?.isOptional)}: ${e(a.type)}`).join(", ")}, ... }`;break}}return e(o)});return Array.from(new Set(r)).join(" | ")}};function Ui(e,t,r,n){let o=Kt(t);if(!o)return Yn(t);return Pt(new Bt(e,[o],r,n))}function Ol(e,t,r,n){return Nt(t,(o)=>Ui(e,o,r,n))}function Mi(e,t,r,n,o){let s={ast:e,parser:t,input:n,out:void 0,successes:e.options?.mode==="oneOf"?[]:void 0,issues:void 0,options:o},a=Al(s,r);if(!a){if(s.out)return s.out;return F(new Bt(e,s.issues??[],n,o))}if(A(a))return wi(a,s);let i=!0;return Ya(()=>{if(!i)return Mi(e,t,r,n,o);return i=!1,wi(a,s)})}function wi(e,t){return J(e,(r)=>{if(t.out===v)return M(t.input);if(t.out)return t.out;return F(new Bt(t.ast,t.issues??[],t.input,t.options))})}var Al=Gn()({onItem(e,t){return e.parser(t)(e.input,e.options)},step(e,t,r){if(r._tag==="Failure"){let n=Kt(r.cause);if(n===void 0)return r;if(e.issues)e.issues.push(n);else e.issues=[n]}else{if(e.out&&e.successes)return e.successes.push(e.ast.types[t]),Pt(new ii(e.ast,e.successes,e.input,e.options));if(e.out=r,e.successes)e.successes.push(e.ast.types[t]);else return st}}}),$i=new zt([new ct("Infinity"),new ct("-Infinity"),new ct("NaN")]);function Ii(e){return e?"":"readonly "}function ki(e){return e?"?":""}var Eo=class extends lt{_tag="Filter";run;annotations;aborted;constructor(e,t=void 0,r=!1){super();this.run=e,this.annotations=t,this.aborted=r}annotate(e){return new Eo(this.run,{...this.annotations,...e},this.aborted)}abort(){return new Eo(this.run,this.annotations,!0)}and(e,t){return new qr([this,e],t)}},qr=class extends lt{_tag="FilterGroup";checks;annotations;constructor(e,t=void 0){super();this.checks=e,this.annotations=t}annotate(e){return new qr(this.checks,{...this.annotations,...e})}and(e,t){return new qr([this,e],t)}};function Gr(e,t,r=!1){return new Eo((n,o,s)=>ui(o,e(n,o,s),n,s),t,r)}function Li(e){return Gr((t)=>globalThis.Number.isFinite(t),{expected:"a finite number",representation:{id:"effect/schema/isFinite",payload:null},toJsonSchema:()=>({type:"number"}),toCode:()=>({runtime:"Schema.isFinite()"}),arbitraryConstraint:{number:"finite"},...e})}var Bi=Jt(ko,[Li()]),Fl=new me(new zt([Bi,$i]),new ue(Mr(),Z((e)=>globalThis.Number.isFinite(e)?e:globalThis.String(e))));function Ki(e,t){let r=new globalThis.RegExp(e),n={source:r.source,flags:r.flags};return Gr((o)=>(r.lastIndex=0,r.test(o)),{expected:`a string matching the RegExp ${n.source}`,representation:{id:"effect/schema/isPattern",payload:n},toJsonSchema:()=>[{},!0],arbitraryConstraint:{patterns:[n]},...t})}var To=new WeakMap;function Vt(e,t){let r=Object.assign(Object.create(Object.getPrototypeOf(e)),e,t);if(Reflect.ownKeys(t).every((n)=>n==="context"||n==="encoding"))To.set(r,Hr(e));return r}function Hr(e){let t=To.get(e);if(t!==void 0)return t;if(e.encoding===void 0)return e;let r=Object.assign(Object.create(Object.getPrototypeOf(e)),e,{encoding:void 0});return To.set(e,r),r}function Ee(e,t){return e.encoding===t?e:Vt(e,{encoding:t})}function Oo(e,t){if(e.context===t)return e;let r=Hr(e);if(r.context===t&&r.encoding===e.encoding)return r;return Vt(e,{context:t})}function ji(e){return e.encoding?ji(e.encoding[e.encoding.length-1].to):e}function Ao(e,t){if(e.checks){let r=e.checks[e.checks.length-1];return qi(e,Un(e.checks.slice(0,-1),r.annotate(t)))}return Vt(e,{annotations:{...e.annotations,...t}})}function qi(e,t){if(e._tag==="Suspend"&&t)throw Error("Cannot add checks to Suspend");if(e.checks===t)return e;return Vt(e,{checks:t})}function Jt(e,t){return qi(e,Di(e.checks,t))}function Rl(e,t){let r=t(e.to);return r===e.to?e:new me(r,e.transformation)}function Pl(e,t){let r=e,n=r[r.length-1],o=Rl(n,t);return o===n?e:Un(e.slice(0,e.length-1),o)}function Dl(e,t){function r(n){if(n.encoding){let o=n.encoding[n.encoding.length-1];return t?.stopAt?.(o)?n:Ee(n,Pl(n.encoding,r))}return e(n)}return dt(r)}function Nl(e,t,r){let n=new me(e,t);return Ee(r,r.encoding?[...r.encoding,n]:[n])}function zr(e,t){let r;for(let n=0;n<e.length;n++){let o=e[n],s=t(o);if(r)r[n]=s;else if(s!==o){r=Array(e.length);for(let a=0;a<n;a++)r[a]=e[a];r[n]=s}}return r??e}function Fo(e,t){let r=e.context?new gi(e.context.isOptional,e.context.isMutable,e.context.constructorDefault,{...e.context.annotations,...t}):new gi(!1,!1,void 0,t);return Oo(e,r)}function zi(e,t,r){return Nl(e,r,t)}function qt(e){return e.context?.isOptional??!1}function Vi(e){return e.annotations?.[ti]===!0||e._tag==="FilterGroup"&&e.checks.every(Vi)}function Ul(e){function t(n){if(Vi(n))return[n];return n._tag==="FilterGroup"?n.checks.flatMap(t):[]}let r=e.flatMap(t);return Mn(r)?r:void 0}function Ml(e){let t=!0;function r(n){if(t=t&&!n.encoding&&!_i(n),t&&"recur"in n)n.recur(r);return n}if("recur"in e)e.recur(r);return t}var Ge=dt((e)=>{let t=Hr(e);if(t!==e){let n=Ge(t);return n===t&&e.encoding===void 0?e:Oo(n,e.context)}let r="recur"in e?e.recur(Ge):e;if("encodingChecks"in r&&r.encodingChecks){let n=Ml(e)?r.encodingChecks:bl(r)||El(r)||Ci(r)&&r.typeParameters.length>0?Ul(r.encodingChecks):void 0;return Vt(r,{encodingChecks:void 0,checks:Di(r.checks,n)})}return r}),Wr=dt((e)=>Ge(Te(e)));function $l(e,t){let r=t,n=r.length,o=r[n-1],s=[new me(Te(Ee(e,void 0)),r[0].transformation.flip())];for(let i=1;i<n;i++)s.unshift(new me(Te(r[i-1].to),r[i].transformation.flip()));let a=Te(o.to);if(a.encoding)return Ee(a,[...a.encoding,...s]);else return Ee(a,s)}var Te=Zo((e)=>{if(e.encoding)return $l(e,e.encoding);let t=Hr(e);if(t!==e){let r=Te(t);return r===t?e:Oo(r,e.context)}return"flip"in e?e.flip(Te):("recur"in e)?e.recur(Te):e});function Ll(e,t){let r=t===0?v:K(t);return(n,o)=>{if(n===E)return ie;if(n===t)return r;return F(new Ve(e,n,o))}}function Zr(e,t){return(r,n)=>{if(r===E)return ie;if(t(r))return v;return F(new Ve(e,r,n))}}var Ro=Dl((e)=>{switch(e._tag){default:return e;case"Number":return e.toCodecStringTree();case"Union":return e.recur(Ro)}});var wo=new globalThis.RegExp(`^${vi}$`),Bl=new globalThis.RegExp(`^(?:${vi}|Infinity|-Infinity|NaN)$`);function Ji(e){return Ki(wo,{expected:"a string representing a finite number",representation:{id:"effect/schema/isStringFinite",payload:null},toJsonSchema:()=>({pattern:wo.source}),...e})}var Gi=Jt(Je,[Ji()]),Kl=new me(Gi,Br),jl=new me(new zt([Gi,$i]),Br),ql="-?\\d+",bS=new globalThis.RegExp(`^${ql}$`);var zl="Symbol\\(([\\s\\S]*)\\)",ES=new globalThis.RegExp(`^${zl}$`);function Pe(e,t,r,n,o){for(let s=0;s<e.length;s++){let a=e[s];if(a._tag==="FilterGroup"){if(r=Pe(a.checks,t,r,n,o),r&&(o.errors!=="all"||r[r.length-1].filter.aborted))return r}else{let i=a.run(t,n,o);if(i){let d=new oi(a,i,t,o);if(r)r.push(d);else r=[d];if(o.errors!=="all"||a.aborted)return r}}}return r}function Po(e){if(!Ci(e))return;let t=e.annotations?.[ni];return yt(t)?t(e.typeParameters):void 0}var Yr=(e,t,r)=>e===v?r(t):J(e,r);function Wi(e){let t=Vl(e);return(r,n,o)=>{try{return t(r,n,o)}catch(s){return Oe(s)}}}function Vl(e){if(e._tag==="Middleware")return(r,n,o)=>{let s=r===v?e.decode(K(Mt(n)),o):e.decode(ro(r,Mt),o);return Hi(s)};let t=e.decode;switch(t._tag){case"Passthrough":return(r,n)=>r===v?K(n):r;case"Transform":{let r=(n)=>n===E?ie:K(t.transform(n));return(n,o)=>Yr(n,o,r)}case"TransformOptional":{let r=(n)=>so(t.transform(Mt(n)));return(n,o)=>Yr(n,o,r)}case"TransformEffect":return(r,n,o)=>Yr(r,n,(s)=>s===E?ie:t.transform(s,o));case"TransformOptionalEffect":return(r,n,o)=>Yr(r,n,(s)=>Hi(t.transform(Mt(s),o)))}}var Hi=(e)=>J(e,so),Zi=(e,t,r,n)=>Nt(n,(o)=>Qn(()=>Or(o,(s)=>new si(e,s,t,r))));function Jl(e,t){let r=Wi(e.link.transformation),n;return(o,s)=>{if(o===E)return ie;if(e.isConstructed(o))return v;let a=(n??=t(e.link.to))(o,s);return r(a,o,s)}}function Gl(e,t){let r=e.context.constructorDefault;return(n,o)=>{if(n!==E&&n!==void 0)return t(n,o);let s=r;if(A(s)&&s._tag==="Success"){let a=t(s[b],o);return a===v?s:a}return J(Zi(e,n,o,s),(a)=>{let i=t(a,o);return i===v?K(a):i})}}function Do(e,t){let r=t(e);return e.context?.constructorDefault===void 0?r:Gl(e,r)}function Ht(e,t,r,n,o){if(e._tag==="Declaration")for(let h of e.typeParameters)t(h);let s=r?Po(e):void 0,a=s?Jl(s,t):n??e.getParser(t,r),{checks:i,encoding:d}=e,T=d?.map((h)=>Wi(h.transformation)),c=e.encodingChecks;if(!d&&!i&&!c)return a;let u,m=(h,x)=>{let l=a(h,x);try{if(c&&!x.disableChecks)if(A(l)){if(l._tag==="Success"){let f=l===v?h:l[b];if(h!==E&&f!==E){let p=Pe(c,h,void 0,e,x);if(p)l=F(new W(e,p,h,x))}}}else l=ye(l,(f)=>{if(h!==E&&f!==E){let p=Pe(c,h,void 0,e,x);if(p)return F(new W(e,p,h,x))}return M(f)});if(i&&!x.disableChecks)if(A(l)){if(l._tag==="Success"){let f=l===v?h:l[b];if(f===E)return l;let p=Pe(i,f,void 0,e,x);if(p)l=F(new W(e,p,f,x))}}else l=ye(l,(f)=>{if(f!==E){let p=Pe(i,f,void 0,e,x);if(p)return F(new W(e,p,f,x))}return M(f)});return l}catch(f){return Oe(f)}},g=o===void 0?m:o(m);if(!d)return g;return(h,x)=>{let l=u??=d.map((y)=>t(y.to)),f=h,p=l[l.length-1](h,x);for(let y=d.length-1;y>=0;y--)if(p=T[y](p,f,x),y!==0){let S=l[y-1];if(p._tag==="Success")f=p[b],p=S(f,x);else p=J(p,(w)=>{let k=S(w,x);return k===v?K(w):k})}if(p._tag==="Success"){let y=p[b],S=g(y,x);return S===v?p:S}return p=Zi(e,h,x,p),J(p,(y)=>{let S=g(y,x);return S===v?K(y):S})}}var No=Symbol(),Yi=new WeakMap,Xi,Uo=!1;var Wl=(e)=>Uo?Xr(we,e,"parser"):we(e).parser,Qi=(e)=>Uo?Xr(we,e,"makeEffect"):we(e).makeEffect,Zl=(e)=>Do(e,Qi);class Mo{ast;constructor(e){this.ast=e}get decodeEffect(){return this.cachedDecodeEffect??=Ht(this.ast,Wl)}get parser(){return this.decodeEffect}get makeEffect(){return this.cachedMakeEffect??=Ht(this.ast,Qi,Zl)}}class ec extends Mo{compiled;resolve;constructor(e,t,r){super(e);this.compiled=t,this.resolve=r}save(e,t){return Object.defineProperty(this,e,{value:t}),t}operation(e){let t=this.compiled;return typeof t==="function"?t(this.ast,this.resolve,e):t?.[e]}get is(){return this.save("is",this.operation("is"))}get decode(){return this.save("decode",this.operation("decode"))}get make(){return this.save("make",this.operation("make"))}get compiledMakeEffect(){return this.save("compiledMakeEffect",this.operation("makeEffect"))}get decodeEffect(){return this.save("decodeEffect",this.operation("decodeEffect")??Ht(this.ast,(e)=>Xr(this.resolve,e,"parser")))}get parser(){let e=this.decode;return e===void 0?this.decodeEffect:this.save("parser",Yl(e,()=>this.decodeEffect))}get makeEffect(){let e=this.compiledMakeEffect;if(e!==void 0)return this.save("makeEffect",e);let t=(r)=>Xr(this.resolve,r,"makeEffect");return this.save("makeEffect",Ht(this.ast,t,(r)=>Do(r,t)))}}function Yl(e,t){let r;return(n,o)=>{if(n!==E)try{let s=e(n,o);if(s!==No)return s===n?v:K(s)}catch(s){return Oe(s)}return(r??=t())(n,o)}}function Xr(e,t,r){let n=e(t);if(n.compiled===void 0||Object.hasOwn(n,r))return n[r];let o;return(s,a)=>(o??=n[r])(s,a)}function we(e){let t=Yi.get(e);if(t!==void 0)return t;let r=Xi===void 0?new Mo(e):new ec(e,Xi(e,we),we);return Yi.set(e,r),r}function $o(e){let t=e.ast,r;return(n,o)=>(r??=tf(af,Ge(t)))(n,o?.disableChecks?o?.parseOptions?{...o.parseOptions,disableChecks:!0}:{disableChecks:!0}:o?.parseOptions)}function tc(e){let t=$o(e);return(r,n)=>{let o=Fr(t(r,n));if(Xn(o))return mr(o.value);return co(o.cause,"Option adapter can only return none for schema issues"),dr()}}function rc(e){return of(Ge(e.ast))}var Qr=(e)=>{if(e===E)return F(new G);return M(e)};function ef(e,t){if(e===v)return M(t);if(!A(e))return J(e,Qr);return e[b]===E?Qr(E):e}function tf(e,t){let r;return(n,o)=>{let s=(r??=e(t))(n,o??Vr);if(s===v)return M(n);if(!A(s))return J(s,Qr);return s[b]===E?Qr(E):s}}function rf(e,t){let r=Fr(e);if(Xn(r))return r.value;let n=co(r.cause,t);throw Error("Schema validation failed",{cause:n})}var nc="Constructor adapter can only throw schema issues";function nf(e){throw Error(nc,{cause:Ha(e)})}function of(e){let t;return(r,n)=>sf(t??=we(e),r,n)}function sf(e,t,r){let n=r?.disableChecks?r.parseOptions?{...r.parseOptions,disableChecks:!0}:{disableChecks:!0}:r?.parseOptions??Vr,o=e.make;if(o!==void 0&&t!==E){let s;try{s=o(t,n)}catch(a){nf(a)}if(s!==No&&s!==E)return s}return rf(ef(e.makeEffect(t,n),t),nc)}var af=(e)=>we(e).makeEffect;var Lo="~effect/Schema/Schema",sc=Symbol(),cf={[Lo]:Lo,get make(){let e=rc(this);return Object.defineProperty(this,"make",{value:e,enumerable:!0}),e},get makeEffect(){let e=$o(this);return Object.defineProperty(this,"makeEffect",{value:e,enumerable:!0}),e},get makeOption(){let e=tc(this);return Object.defineProperty(this,"makeOption",{value:e,enumerable:!0}),e},pipe(){return ee(this,arguments)},annotate(e){return this.rebuild(Ao(this.ast,e))},annotateKey(e){return this.rebuild(Fo(this.ast,e))},check(...e){return this.rebuild(Jt(this.ast,e))},rebuild(e){return Bo(e,this[sc])}};function Bo(e,t){function r(){}let n=Object.setPrototypeOf(r,cf);if(t&&(Object.hasOwn(t,"name")||Object.hasOwn(t,"length")||Object.hasOwn(t,"__proto__")))Object.defineProperties(n,Object.getOwnPropertyDescriptors({...t}));else Object.assign(n,t);return n[sc]=t,n.ast=e,n}function lf(){return(e,t,r)=>Ie(new Io(e.map(_o),(n)=>t(n.map((o)=>Ie(o))),r))}function ff(e,t){return lf()([],()=>(r,n,o)=>e(r)?M(r):F(new Ve(n,r,o)),t)}var Ie=Bo;function ic(e){let t=Ie(new ct(e),{literal:e,transform(r){return t.pipe(df(ic(r),{decode:Z(()=>r),encode:Z(()=>e)}))}});return t}var De=Ie(Je);var pf=Ie(ko);function cc(e,t){return Ie(e,{fields:t,mapFields(r,n){let o=r(this.fields);return cc(Co(o,n?.unsafePreserveChecks?this.ast.checks:void 0),o)}})}function uc(e){return cc(Co(e,void 0),e)}function lc(e,t){return Ie(e,{members:t,mapMembers(r,n){let o=r(this.members);return lc(Jr(o,this.ast.options,n?.unsafePreserveChecks?this.ast.checks:void 0),o)}})}function ac(e,t){return lc(Jr(e,t,void 0),e)}function Wt(e){let t=e.map(ic);return Ie(Jr(t,void 0,void 0),{literals:e,members:t,mapMembers(r){return ac(r(this.members))},pick(r){return Wt(r)},transform(r){return ac(t.map((n,o)=>n.transform(r[o])))}})}function df(e,t){return(r)=>Ie(zi(r.ast,e.ast,t?fo(t):po()),{from:r,to:e})}function Zt(e,t){return ff((r)=>r instanceof e,t)}function Yt(){return(e,t)=>new me(e.ast,fo(t))}var fc=Gr;function mf(e){let r=/^[0-9a-zA-Z+/]*={0,2}$/;return fc((n)=>n.length%4===0&&r.test(n),{expected:"a base64 encoded string",representation:{id:"effect/schema/isBase64",payload:null},toJsonSchema:()=>({pattern:"^([0-9a-zA-Z+/]{4})*(([0-9a-zA-Z+/]{2}==)|([0-9a-zA-Z+/]{3}=))?$"}),arbitraryConstraint:{patterns:[{source:"^([0-9a-zA-Z+/]{4})*(([0-9a-zA-Z+/]{2}==)|([0-9a-zA-Z+/]{3}=))?$",flags:""}]},toCode:()=>({runtime:"Schema.isBase64()"}),...e})}function hf(e){return fc((t)=>globalThis.Number.isSafeInteger(t),{expected:"an integer",representation:{id:"effect/schema/isInt",payload:null},toJsonSchema:()=>({type:"integer",minimum:globalThis.Number.MIN_SAFE_INTEGER,maximum:globalThis.Number.MAX_SAFE_INTEGER}),toCode:()=>({runtime:"Schema.isInt()"}),arbitraryConstraint:{number:"integer"},...e})}var xf=pf.check(hf());var Qy=Zt(globalThis.RegExp,{representation:{id:"effect/schema/RegExp",payload:null},toCode:()=>({runtime:"Schema.RegExp",Type:"globalThis.RegExp"}),expected:"RegExp",toCodecJson:()=>Yt()(uc({source:De,flags:De}),Lr({decode:(e,t)=>eo({try:()=>new globalThis.RegExp(e.source,e.flags),catch:()=>new G({expected:"valid RegExp source and flags"},e,t)}),encode:(e)=>M({source:e.source,flags:e.flags})}))}),gf=De.annotate({expected:"a string that will be decoded as a URL"}),eb=Zt(globalThis.URL,{representation:{id:"effect/schema/URL",payload:null},toCode:()=>({runtime:"Schema.URL",Type:"globalThis.URL"}),expected:"URL",toCodecJson:()=>Yt()(gf,hi)});var tb=Zt(globalThis.File,{representation:{id:"effect/schema/File",payload:null},toCode:()=>({runtime:"Schema.File",Type:"globalThis.File"}),expected:"File",toCodecJson:()=>Yt()(uc({data:De.check(mf()),type:De,name:De,lastModified:xf}),Lr({decode:(e,t)=>yr(Dr(e.data),{onFailure:()=>F(new G({expected:"a valid Base64 string"},e.data,t)),onSuccess:(r)=>{let n=new globalThis.Uint8Array(r);return M(new globalThis.File([n],e.name,{type:e.type,lastModified:e.lastModified}))}}),encode:(e,t)=>Za({try:async()=>{let r=new globalThis.Uint8Array(await e.arrayBuffer());return{data:Pr(r),type:e.type,name:e.name,lastModified:e.lastModified}},catch:()=>new G({expected:"a readable File"},e,t)})}))});var rb=Zt(globalThis.URLSearchParams,{representation:{id:"effect/schema/URLSearchParams",payload:null},toCode:()=>({runtime:"Schema.URLSearchParams",Type:"globalThis.URLSearchParams"}),expected:"URLSearchParams",toCodecJson:()=>Yt()(De.annotate({expected:"a query string that will be decoded as URLSearchParams"}),mi({decode:(e)=>new globalThis.URLSearchParams(e),encode:(e)=>e.toString()}))});var Sf=De.annotate({expected:"a base64 encoded string that will be decoded as Uint8Array",format:"byte",contentEncoding:"base64"}),nb=Zt(globalThis.Uint8Array,{representation:{id:"effect/schema/Uint8Array",payload:null},toCode:()=>({runtime:"Schema.Uint8Array",Type:"globalThis.Uint8Array"}),expected:"Uint8Array",toCodecJson:()=>Yt()(Sf,xi)});var yf=-8640000000000000,bf=8640000000000000,ob=yf+50400000,sb=bf-50400000;var dc=["ef=z,2*7,8*1,34,5,68e,d,61,n,2j,5*1,g,1,a8,1,d,4n,q,10*1,5,2*1,5k,6g,1,b,a,1n,3*1,2,4*1,a,2*3,1,3,5,3,2,","1,3,2*4,1,9,2*1,6,2,6,11*1,c,1,3,2,1,2,j,3,1,j,5*1,2*2,1,4,1,6,3,1,5,1,c,1,6,1,3,6,1,2*2,1,l,1,6,5*1,2,3","*1,3,5,2*3,5*1,2,3,2*2,7,4,7,b,1,g,3,5,2,5,2*1,2,c,1,1d,2*1,a,2*f,ad,1,cw,2*1,k,1,1g,5,yj,d,gq,2,2fzf,a4",",1,d,1,3n,o,l,8,5y,2*1,6,7,5,3,8*1,a,1u,5,m,3,1,2,2*1,3,1,8,5,2*1,k,2*2,4,4*1,6,12*1,d,6,2*2,h,d,a,7,p,2",",1,4,3*1,4,1,5,n,j,12,d,3,8,4,c,f,2*5,2*1,4,3*1,a,2,2*1,2,b,2*5,1,1i,1,6,23*1,8,1,3,6*1,e,3,3*1,3,l,3,9,","1,a,6,2*1,d,2*1,9,2*1,3,2,5,7,4,7,m,3b,6,4,3,4,l,5,7,1,2,f,2,2*1,h,5*1,4,7,3;0ef=1c;0=35s,2*2,c,1,2*4,1,","2,1,5,f,1w,3,2,6,3gl,10,1,1q,1,9,1,n,1,8,2*1,2,5,1q,1,1gh,1,2o,1,e,1,u,1,1xu,r,2,10,1i,d5,e,3p,4u,1f,q,2","3,s,1l,u,6s,1q,3c,10,h,1c,5r,1i,6d,2r,7q,33,69,c,g,1a,28,25,24,5v,11,3d,2p,1f,11,3g,4,1e,2o,5c,1e,4,a,30",",y,1o,3t,9,jy,29,3s,8,1o,3l,4b,74,v,b,2m,53,p,c,6,1,2*4,1t,4,14,i,c,o,3g,w,6,5,1c,4,1v,15,27,v,1i,b,2u,5",",f,g,3,2*1,4,a,9,d,5,3,2,d,8,b,i,3,g,2,n,e,k,i,h,1,b,18,5,2*i,8,g,v,c,n,g,1,1l,a,h,p,2,8,1y,7,l,3*6,l,9,","e,r,a,6,w,1i,4,r,1l,q,1v,2,e,2*10,8,d,2,w,33,n,c,3p,t,1,38,1v,12,p,10,1,e,u,22,4,7,11,7,f,4,5,f,k,8,y,4,","9,3,e,h,2t,k,1b,c,1n,4,27,2b,w,2l,1q,l,m,5,c,7,s,t,x,2*2,1,14,1f,2h,16,d,r,3,e,1i,8,13,1,r,17,l,18,b,1e,","a,2*3,j,9,1,6,j,i,6,27,f,7,2,w,2*f,4,w,a,u,4,p,a,2h,c,1y,h,9,13,1o,4,o,8,i,m,k,b,3,18,y,g,b,j,6,15,2c,o,","6,4,1,14,2,1r,j,o,j,8,t,9,r,1,v,1k,6,1c,n,e,7,s,3,13,42,m,c,x,18,t,1,1c,1i,1r,k,o,i,1a,4,8,x,19,5,3,8,t,","a,i,2k,7,t,8,1f,1b,d,q,30,1a,2p,1z,15,45,17,8,15,t,1f,u,5,2,12,f,d,43,p,x,1j,d,1,o,1d,5,3,m,a,17,1,e,d,1","y,f,g,f,x,l,1r,1a,u,d,2*a,1g,k,23,2g,11,j,t,u,h,12,7,6,s,k,r,h,30,4,2b,1e,2,1s,b,d,3,11,i,u,l,q,h,1o,3d,","5,h,q,d,18,14,3,p,11,l,d,s,4,f,1e,1o,u,n,3,r,c,3h,1a,d,2,z,13,36,c,q,t,y,23,s,4n,t,12,1l,1d,1b,i,2,a,1,7",",d,1,7,q,e,1,w,s,x,1d,1a,5,1e,1c,q,z,1e,4m,3,39,y,r,n,18,k,4,d,4,1,o,g,i,d,18,8,1p,u,9,1n,7,1a,a,4,6x,1g",",7,1,b,g,5,z,1p,7,1x,q,f,1,e,d,y,5,29,1n,4a,g,5,n,k,2f,s,6,c,k,2,a,15,1j,6,j,s,1,g,22,g,c,1,2,g,b,8,2,24",",c,4l,3,2,9,q,26,2x,19,2*c,r,i,h,n,2,v,x,1l,18,q,1v,r,1g,13,w,u,19,k,3,2n,d,8,7,3,n,2,m,1d,z,y,5,7p,v,c,","7,4,3m,14,5k,d,2e,m,1,6,b,20,2k,1x,f,10,1,62,a,2a,4,h,13,1o,i,6,31,27,a,j,5,1m,g,j,c,k,a,27,1b,r,o,3,2,2","r,4,1q,6,2j,1,18,1y,4v,s,ae,y,a,3b,t,2,14,3,4,a,t,k,1,b,v,k,1,18,f,m,43,5,1k,h,1h,3o,2*d,18,1,3i,r,1b,d,","30,79,5t,n,4m,2y,25,1y,10,2p,o,8,s,j,17,5,7,a,7,11,8,22,1,1qg,6,2,2*1,8,e0,6*1,5,1,3,b,gpi,2b9,1,g,1,a,7","g0,3i,d,5,6,41,1,i,l,4l,7,u,x,h,17,1h,1n,1,x,1,1l,i,2,b,3,1,w,4,9,w,3*1,14gs,sa,9,12,6n,cq,62,9a,8n,1vl,","ck,1u,ke,9c,dv,61,2,pp,s,111,a8,6,jm,6d,t5,j2,4n,1g,9,13,i,48,fq,ec,di,31,ci,2q,c3,3x,1c,k5,3v,59,gt,8d,","67,te,2k,lr,n,3w,4u,1,12,q,7q,d0,eh,38,17,jb,fj,5x,28,ja,gk,26,v,42,2t,bg,21,3p,e7,e,p3,6y,4f,46,ch,3p,8","1,l4,il,g7,54,n6,ff,2k,1b7,r,8x,y4,al,r2,4a,1n,ds,3w,80,12y,13y,1j,7d,3n,75,ha;01=6c8,1,3,1,6m,5,2,9,h,4",",1,2,2xa,1,2aj,m3,ap,31x,8p,2u,2w,2a,5c,2,r,m,t,1m,fn,l,4,2x,gk,kk,8g,gs,2g,aa,54,2,4o,nt,85,t,3u,a2,z6,","9g,2f,70,9c,5j,6t,2l,6i,73,9m,16,2*17,8y,1s,3u,1l,4x,ao,18h,3c,30,aa,ed,7x,f1,7o,1v,b,6,3,1k,29,am,fk,74",",1bf,37,4p,1o,k7,jqn,b,2,c,1,4,9zm,20,1,3p,4c,7,vwa,2,1,2*3,1,3,3*1,2,7*1,fi4,aye;012=ghr,1ns,147,2s,10l",",kr,c8,av,3ar,ep,4qu,1ht,srh,kg;1=1o5v,4f,2d,35,2n,4x,68;2=1o9j,30,1j,2k,5v,f,2*5,1,d,1,b,1a,n,i,a,8,16,","1,f,s,2,27,2;02=1odc,63,30;12=1ofi,52,32,2*1,d,g;36=1ooo"].join("");var Ef=()=>{let e=new Map;for(let t of dc.split(";")){let[r="",n=""]=t.split("="),o=0;for(let s of n.split(",")){let[a,i]=s.includes("*")?s.split("*"):["1",s];for(let d=Number(a);d>0;d--)o+=Number.parseInt(i??"",36),e.set(o,r)}}return e},mc,hc=(e,t)=>{mc??=Ef();let r=(t.charCodeAt(0)-65024).toString(16);return mc.get(e.codePointAt(0)??0)?.includes(r)??!1};var gc=/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;var bT=["gbeng","gbsct","gbwls"].map((e)=>Array.from(`${e}\x7F`,(t)=>String.fromCodePoint(917504+t.charCodeAt(0))).join(""));var Tf=(e)=>`\\u{${e.codePointAt(0)?.toString(16)}}`,wf=(e)=>Array.from({length:e.length},(t,r)=>e.charCodeAt(r)).map((t)=>`\\u${t.toString(16).padStart(4,"0")}`).join("");var Sc="\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}",xc=`[\\s${Sc}]*`,If=(e)=>Array.from(e).join(`[${Sc}]*`),kf=["channel","system-reminder","cross-session-message"],Cf=new RegExp(`<(?=${xc}(?:/${xc})?(?:${kf.map(If).join("|")})(?!\\w))`,"giu");var _f=(e)=>e.replace(gc,(t)=>t===`
`?t:wf(t)),vf=(e,t)=>{let r=[...e.slice(0,2*t+2)];return r.length<=t?e:`${r.slice(0,t-1).join("")}\u2026`},Ko=(e,t=80)=>_f(JSON.stringify(vf(e,t)).replace(Cf,"\\u003c"));var jo=(e)=>{let t=e.toWellFormed();return t.replace(gc,(r,n)=>{if(/^[\n\t]$/.test(r))return r;let o=Array.from(t.slice(Math.max(0,n-2),n)).at(-1)??"";return(r==="\u200D"?/^[^\s\u200b-\u200d]$/u.test(o):/^[\ufe0e\ufe0f]$/.test(r)&&hc(o,r))?r:Tf(r)})},yc=(e)=>jo(e).replace(/[\n\t]/g," ");var Ec=Wt(["queued","pushed","accepted","handed over","seen","expired","refused"]),IT=Wt(["queued","pushed","accepted","handed_over","seen","expired","refused"]),Xt=(e)=>e==="handed over"?"handed_over":e;var kT=Wt(["channel","wakes up","on its next turn","when it asks"]),CT=Wt(["working","idle","waiting for a permission","waiting for the user"]),Of={notTaken:"nobody took it in time: that session hangs, is gone, or never came",left:"its session ended before it was seen",leftPushed:"it was pushed to that session's channel, nothing shows that it was seen, and the session has ended",waits:"that session is idle and did not take the doorbell",notShown:"as long as messages are kept, nothing showed that it was seen",untold:"a 1.3.1 session took it, and those do not tell what they were shown"},bc=/"(?:[^"\\]|\\.)*"/g,Af=[...Object.values(Of),`"" is not on the receiver's CC_DM_INBOUND_ALLOWLIST`,`"" is on the receiver's CC_DM_INBOUND_BLOCKLIST`,...["a sender without a project",'project ""'].map((e)=>`${e} is not among the receiver's CC_DM_INBOUND_PROJECTS`),...["no project",'project ""'].map((e)=>`"" is in ${e} and this session is in project "": a session with a project writes only inside it`)],Ff=(e)=>{try{return String(JSON.parse(e))}catch{return e.slice(1,-1)}},Tc=(e)=>Af.includes(e.replace(bc,'""'))?e.replace(bc,(t)=>Ko(Ff(t))):Ko(e,300);import{existsSync as Rf}from"fs";var wc=()=>process.getBuiltinModule("node:crypto");var Pf=(e,t)=>typeof Bun>"u"?wc().createHash("sha256").update(e).digest(t):new Bun.CryptoHasher("sha256").update(e).digest(t);var qo=(e)=>Pf(e,"base64"),Df=process.getuid?.(),RT=[...[process.env.XDG_RUNTIME_DIR??"",`/run/user/${Df}`].filter((e)=>e.startsWith("/")&&Rf(e)),"/tmp"];var Nf={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"},Ic=(e)=>e.replace(/[&<>"']/g,(t)=>Nf[t]??""),zo=(e)=>Ic(jo(e.replace(/\r\n/g,`
`))),he=(e)=>Ic(yc(e)),Qt=(e)=>`<bdi>${he(e)}</bdi>`;var Uf=8,er=(e)=>`c${e%Uf}`,en=9,Mf=240,_c=(e)=>{let t=Math.max(7,Math.min(24,Math.floor(Mf/Math.max(1,e))));return{gap:t,width:2*en+t*Math.max(0,e-1),at:(r)=>en+t*r}},vc=({gap:e,width:t})=>`repeating-linear-gradient(to right, var(--line) 0 1px, transparent 1px ${e}px) ${en}px 0 / ${t-2*en+1}px 100% no-repeat`,Vo=20,Oc=(e,t,r)=>{let[n,o]=[e.at(t),e.at(r)],s=o>n?-1:1,a=`<path d="M${o} ${Vo}l${s*7} -4.5v9z" fill="currentColor"/>`,i=`<path d="M${n} ${Vo}H${o+s*5}" stroke="currentColor" stroke-width="2"/>`;return`<svg class="lanes ${er(t)}" aria-hidden="true">${t===r?"":i+a}<circle cx="${n}" cy="${Vo}" r="4.5" fill="currentColor"/></svg>`},kc=22,Cc=(e)=>e.length>kc?`${e.slice(0,kc-1)}\u2026`:e,Ac=(e,t)=>{let r=16+Math.max(0,...t.map((o)=>Cc(o).length))*5.2,n=t.map((o,s)=>{let a=e.at(s)+3,i=Math.ceil(r)-6;return`<text class="${er(s)}" x="${a}" y="${i}" transform="rotate(-45 ${a} ${i})" fill="currentColor">${he(Cc(o))}</text>`});return`<svg class="legend" aria-hidden="true" width="${e.width}" height="${Math.ceil(r)}" overflow="visible">${n.join("")}</svg>`},Fc=(e,t,r)=>{let n=r.last-r.first,o=({sentAt:i})=>{let d=n===0?0.5:(Date.parse(i)-r.first)/n;return Math.round(4+988*(Number.isNaN(d)?0:d))},s=e.map(o),a=e.map(({from:i},d)=>`<rect class="${er(t(i))}" x="${s[d]}" y="2" width="4" height="12" fill="currentColor"/>`);return`<svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true"><path class="track" d="M${Math.min(...s)} 8H${Math.max(...s)+4}"/>${a.join("")}</svg>`};var Rc=`:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #14171c);
  --raised: light-dark(#f6f7f9, #1b1f26);
  --line: light-dark(#dfe3e8, #2c323c);
  --ink: light-dark(#1c2128, #e3e7ed);
  --soft: light-dark(#59636e, #98a2ae);
  --accent: light-dark(#0a58ca, #7ab2ff);
  --found: light-dark(#ffe58a, #6b5600);
  --good: light-dark(#146c37, #6fd08c);
  --wait: light-dark(#8a5a00, #e6b450);
  --way: light-dark(#0b5f78, #62c4de);
  --bad: light-dark(#b3261e, #ff8f87);
}
:root[data-theme="light"] {
  color-scheme: light;
}
:root[data-theme="dark"] {
  color-scheme: dark;
}
* {
  box-sizing: border-box;
}
html {
  scroll-padding-top: 7.5rem;
}
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font:
    15px / 1.55 system-ui,
    -apple-system,
    "Segoe UI",
    "DejaVu Sans",
    sans-serif;
}
.page {
  max-width: 76rem;
  margin: 0 auto;
  padding: 0 1.25rem 4rem;
}
h1 {
  margin: 2rem 0 0.25rem;
  font-size: 1.6rem;
  line-height: 1.2;
  letter-spacing: -0.01em;
}
h2 {
  margin: 2rem 0 0.6rem;
  font-size: 1rem;
}
.soft {
  margin: 0;
  color: var(--soft);
}
a {
  color: var(--accent);
}
.skip {
  position: absolute;
  left: -100vw;
}
.skip:focus {
  left: 1rem;
  top: 1rem;
  padding: 0.5rem 1rem;
  background: var(--paper);
  z-index: 3;
}
:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
}

/* What chooses messages. */
.bar {
  position: sticky;
  top: 0;
  z-index: 2;
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1rem;
  align-items: center;
  margin: 1rem -1.25rem 0;
  padding: 0.6rem 1.25rem;
  background: var(--paper);
  border-bottom: 1px solid var(--line);
}
.bar input[type="search"] {
  flex: 1 1 14rem;
  min-width: 10rem;
  padding: 0.4rem 0.7rem;
  font: inherit;
  color: inherit;
  background: var(--raised);
  border: 1px solid var(--line);
  border-radius: 6px;
}
.bar fieldset {
  display: flex;
  flex-wrap: wrap;
  gap: 0.15rem 0.8rem;
  margin: 0;
  padding: 0;
  border: 0;
}
.bar legend {
  float: left;
  margin-right: 0.8rem;
  padding: 0;
  color: var(--soft);
}
.bar label {
  white-space: nowrap;
  cursor: pointer;
}
button {
  font: inherit;
  color: inherit;
  background: none;
  border: 1px solid var(--line);
  border-radius: 6px;
  cursor: pointer;
}
.bar button {
  padding: 0.3rem 0.7rem;
}
.bar output {
  color: var(--soft);
  font-variant-numeric: tabular-nums;
}

/* The threads along the time. */
.threads {
  max-height: 17rem;
  margin: 0;
  padding: 0;
  overflow: auto;
  list-style: none;
  border: 1px solid var(--line);
  border-radius: 8px;
}
.threads li + li {
  border-top: 1px solid var(--line);
}
.threads .row {
  width: 100%;
  padding: 0.4rem 0.8rem;
  text-align: left;
  border: 0;
  border-radius: 0;
  display: grid;
  grid-template-columns: minmax(8rem, 17rem) 3rem 1fr;
  gap: 0.8rem;
  align-items: center;
}
.threads button:hover {
  background: var(--raised);
}
.threads button[aria-pressed="true"] {
  background: var(--raised);
  box-shadow: inset 3px 0 var(--accent);
}
.threads .title {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.threads .count {
  color: var(--soft);
  text-align: right;
  font-variant-numeric: tabular-nums;
}
.threads svg {
  width: 100%;
  height: 16px;
}
.track {
  stroke: var(--line);
}

/* The messages, beside one lane for each who takes part. */
.day {
  margin: 1.4rem 0 0.3rem;
  font-size: 0.85rem;
  color: var(--soft);
}
.legend {
  display: block;
  margin: 1rem 0 -1.2rem 5.5rem;
}
.legend text {
  font-size: 12px;
  font-weight: 600;
}
article {
  position: relative;
  display: grid;
  grid-template-columns: 4.6rem var(--lanes) minmax(0, 1fr);
  gap: 0 0.9rem;
  content-visibility: auto;
  contain-intrinsic-size: auto 5rem;
}
article[hidden],
.day[hidden] {
  display: none;
}
article > time,
article > time a {
  padding-top: 0.6rem;
  color: var(--soft);
  font-size: 0.8rem;
  text-decoration: none;
  font-variant-numeric: tabular-nums;
}
/* As high as the card beside it. */
.lanes {
  position: absolute;
  top: 0;
  left: 5.5rem;
  width: var(--lanes);
  height: 100%;
}
.card {
  grid-column: 3;
  min-width: 0;
  min-height: 3.2rem;
  margin: 0.25rem 0;
  padding: 0.5rem 0.8rem 0.6rem;
  border: 1px solid var(--line);
  border-radius: 8px;
  background: var(--raised);
}
article:target .card,
article:focus .card {
  border-color: var(--accent);
}
article:focus {
  outline: none;
}
.head {
  display: flex;
  flex-wrap: wrap;
  gap: 0.1rem 0.6rem;
  align-items: baseline;
  font-size: 0.85rem;
  color: var(--soft);
}
.head .way {
  font-size: 0.95rem;
  color: var(--ink);
}
.head .state {
  margin-left: auto;
}
.head .chip {
  padding: 0 0.45rem;
  border: 1px solid var(--line);
  border-radius: 99px;
}
.head .urgent,
.head .unproven {
  color: var(--bad);
}
.words {
  margin: 0.25rem 0 0;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  unicode-bidi: plaintext;
  tab-size: 4;
}
.why {
  margin: 0.3rem 0 0;
  font-size: 0.85rem;
  color: var(--soft);
}
.state::before {
  content: "";
  display: inline-block;
  width: 0.55em;
  height: 0.55em;
  margin-right: 0.4em;
  border: 1.5px solid currentColor;
  border-radius: 50%;
}
.state.seen::before {
  background: currentColor;
}
.seen {
  color: var(--good);
}
.queued {
  color: var(--wait);
}
.pushed,
.accepted,
.handed_over {
  color: var(--way);
}
.expired,
.refused {
  color: var(--bad);
}
.none {
  margin: 2rem 0;
  color: var(--soft);
}
.keys {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem 1.2rem;
  font-size: 0.85rem;
}
kbd {
  padding: 0 0.35rem;
  font: inherit;
  font-size: 0.8rem;
  border: 1px solid var(--line);
  border-radius: 4px;
}
::highlight(found) {
  background-color: var(--found);
  color: inherit;
}

/* Colours of those who take part, in the order in which they come up; then again from the first. */
.c0 {
  color: light-dark(#0a58ca, #7ab2ff);
}
.c1 {
  color: light-dark(#a8480a, #ffab6b);
}
.c2 {
  color: light-dark(#146c37, #6fd08c);
}
.c3 {
  color: light-dark(#8f2fa8, #dd98f0);
}
.c4 {
  color: light-dark(#0b6b75, #5fd0d8);
}
.c5 {
  color: light-dark(#b0235f, #ff92bd);
}
.c6 {
  color: light-dark(#6a5a00, #dcc75a);
}
.c7 {
  color: light-dark(#4b46b8, #aeaaff);
}

@media (max-width: 48rem) {
  html {
    scroll-padding-top: 1rem;
  }
  .bar {
    position: static;
  }
  article {
    grid-template-columns: minmax(0, 1fr);
  }
  .card {
    grid-column: 1;
  }
  .lanes,
  .legend {
    display: none;
  }
  article > time,
  article > time a {
    padding-top: 0.3rem;
  }
  .threads .row {
    grid-template-columns: minmax(0, 1fr) 3rem;
  }
  .threads svg {
    grid-column: 1 / -1;
  }
}
/* Without the script there is nothing to choose with. */
:root:not(.live) :is(.bar, .keys, .threads button),
:root.live .threads .plain {
  display: none;
}

@media print {
  :root.live :is(.bar, .keys) {
    display: none;
  }
  .threads {
    max-height: none;
  }
  article {
    content-visibility: visible;
    break-inside: avoid;
  }
}
`;var Jo=`// Runs in the page that \`cc-dm export --format html\` makes: it chooses messages, and moves between them. The page holds them all as
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
      shown.length === rows.length ? \`\${rows.length} messages\` : \`\${shown.length} of \${rows.length} messages\`
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
`;var Ho=(e)=>String(e).padStart(2,"0"),Pc=(e)=>{let t=new Date(e);return Number.isNaN(t.getTime())?"At an unknown time":t.toLocaleDateString("en-GB",{weekday:"long",day:"numeric",month:"long",year:"numeric"})},Dc=(e)=>{let t=new Date(e);if(Number.isNaN(t.getTime()))return"?";return[t.getHours(),t.getMinutes(),t.getSeconds()].map(Ho).join(":")},Bf=(e)=>{let t=-new Date(e).getTimezoneOffset(),[r,n]=[Math.floor(Math.abs(t)/60),Math.abs(t)%60];return`UTC${t<0?"-":"+"}${Ho(r)}:${Ho(n)}`},Go=(e,t,r=`${t}s`)=>`${e} ${e===1?t:r}`,Kf=(e,t)=>{let{fromKind:r,kind:n,metadata:o,options:s,proof:a}=e,i=(T,c="")=>`<span class="chip${c}">${he(T)}</span>`,d=s.replyTo;return[...n==="chat"?[]:[i(n.replaceAll("_"," "))],...r==="session"?[]:[i(`at the ${r}`)],...a==="signed"?[]:[i("nothing proves who wrote it"," unproven")],...o.message_type===void 0?[]:[i(o.message_type)],...o.priority===void 0?[]:[i(`${o.priority} priority`,o.priority==="urgent"?" urgent":"")],...o.thread_id===void 0?[]:[`<span>thread ${Qt(o.thread_id)}</span>`],...d===void 0?[]:[t(d)?`<a href="#m${d}">in answer to #${d}</a>`:`<span>in answer to #${d}</span>`]].join("")},jf=(e,t,r,n,o)=>{let{content:s,from:a,id:i,reason:d,sentAt:T,state:c,to:u}=e,[m,g]=[n(a),n(u)],h=(x,l)=>`<strong class="${er(l)}">${Qt(x)}</strong>`;return`<article id="m${i}" tabindex="-1" data-thread="${t}" data-state="${Xt(c)}">
<time datetime="${he(T)}"><a href="#m${i}" title="Message ${i}, ${he(T)}">${Dc(T)}</a></time>
${Oc(r,m,g)}
<div class="card"><div class="head"><span class="way">${h(a,m)} to ${h(u,g)}</span>${Kf(e,o)}<span class="state ${Xt(c)}">${c}</span></div>
<p class="words" dir="auto">${zo(s)}</p>${d===void 0?"":`<p class="why">${zo(Tc(d))}</p>`}</div>
</article>`},qf=({id:e,names:t})=>e===void 0?t.map(Qt).join(" and "):`thread ${Qt(e)}`,zf=(e,t)=>{let r=new Map(e.messages.map((a)=>[a.id,a])),n=e.messages.map(({sentAt:a})=>Date.parse(a)).filter((a)=>!Number.isNaN(a)),o={first:Math.min(...n),last:Math.max(...n)};return`<h2 id="threads">Threads</h2>
<ul class="threads" aria-labelledby="threads" tabindex="0">
${e.threads.map((a,i)=>{let d=a.messages.flatMap((c)=>r.get(c)??[]),T=`<span class="title">${qf(a)}</span><span class="count">${d.length}</span>${Fc(d,t,o)}`;return`<li><span class="row plain">${T}</span><button class="row" type="button" data-thread="${i}" aria-pressed="false">${T}</button></li>`}).join(`
`)}
</ul>`},Vf=(e)=>`<div class="bar" role="search">
<input type="search" id="search" aria-label="Search in messages" placeholder="Search" autocomplete="off" spellcheck="false">
<fieldset><legend>State</legend>${e.map((t)=>`<label class="${Xt(t)}"><input type="checkbox" name="state" value="${Xt(t)}" checked> ${t}</label>`).join(`
`)}</fieldset>
<output aria-live="polite"></output>
<button type="button" id="theme">Light or dark</button>
</div>`,Jf=(e,t,r)=>{let n="";return e.messages.map((o)=>{let s=Pc(o.sentAt),a=s===n?"":`<h3 class="day">${s}</h3>
`;n=s;let i=e.threadOf.get(o.id)??0;return a+jf(o,i,t,r,(d)=>e.threadOf.has(d))}).join(`
`)},JT=(e,{now:t,title:r,version:n})=>{let{messages:o,names:s,threads:a}=e,i=new Map(s.map((h,x)=>[h,x])),d=(h)=>i.get(h)??0,T=_c(s.length),c=Ec.literals.filter((h)=>o.some((x)=>x.state===h)),u=`${Rc}:root { --lanes: ${T.width}px; }
.lanes { background: ${vc(T)}; }
`,m=["default-src 'none'",`style-src 'sha256-${qo(u)}'`,`script-src 'sha256-${qo(Jo)}'`,"base-uri 'none'","form-action 'none'"].join("; "),g=`${Pc(new Date(t).toISOString())}, ${Dc(new Date(t).toISOString())}`;return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${m}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${he(r)}</title>
<style>${u}</style>
</head>
<body>
<a class="skip" href="#messages">To the messages</a>
<div class="page">
<header>
<h1>${he(r)}</h1>
<p class="soft">${Go(o.length,"message")} between ${Go(s.length,"name")} in ${Go(a.length,"thread")}. Written by cc-dm ${he(n)} on ${g}; times are ${Bf(t)}.</p>
</header>
${Vf(c)}
<main>
${zf(e,d)}
<h2 id="messages">Messages</h2>
<p class="soft keys"><span><kbd>/</kbd> search</span><span><kbd>j</kbd> <kbd>k</kbd> next and previous message</span><span><kbd>Esc</kbd> show all</span></p>
${Ac(T,s)}
<section class="rows" aria-labelledby="messages">
${Jf(e,T,d)}
</section>
<p class="none" hidden>No message is like that. Esc shows all again.</p>
</main>
</div>
<script>${Jo}</script>
</body>
</html>
`};export{JT as pageOf};
