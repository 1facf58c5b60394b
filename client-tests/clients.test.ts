import { testClients } from '@crosscomm/testing/mqtt-clients/test-clients';
import { BUILT_CLIENTS } from './built-clients.ts';

testClients(BUILT_CLIENTS);
