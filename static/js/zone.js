// On the first screen of the set-up: the clock of this device, if it is one that can be chosen.

const zones = document.getElementById("zone");
const device = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zones && zones.value !== device && [...zones.options].some((one) => one.value === device)) {
  zones.value = device;
  document.getElementById("device-zone").hidden = false;
}
