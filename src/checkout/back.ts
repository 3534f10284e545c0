// Where a bank sends its customer back to. In a frame of the checkout it says so to the checkout; alone, it makes way
// for the checkout's page, and takes along nothing that the bank wrote into the address.
const page = location.pathname.replace(/\/back$/, "")
if (parent === window) location.replace(page)
else parent.parent.postMessage({ type: "back" }, location.origin)
